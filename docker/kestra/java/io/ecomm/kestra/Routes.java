package io.ecomm.kestra;

import java.util.List;
import java.util.Map;

/** Every path that the embedded server answers, in the order in which they are tried. */
final class Routes {
    private static final String API = "/api/v1/" + Tenant.MAIN;

    private Routes() {}

    static List<Route> of(Engine engine, Settings settings) {
        Executions executions = new Executions(engine);
        ExecutionSearch search = new ExecutionSearch(engine);
        Webhooks webhooks = new Webhooks(engine);
        Flows flows = new Flows(engine);
        Triggers triggers = new Triggers(engine);
        ExecutionPage page = new ExecutionPage(engine);
        String webhook = API + "/executions/webhook/{namespace}/{flow}/{key}";
        return List.of(
            Route.of("GET", "/health", request -> Reply.json(Map.of("status", "UP"))),
            Route.of("GET", API + "/executions/search", search::search),
            Route.of("GET", API + "/executions", search::ofFlow),
            Route.of("GET", API + "/executions/{id}", executions::get),
            Route.of("DELETE", API + "/executions/{id}/kill", executions::kill),
            Route.of("GET", API + "/outputs/executions/{id}", executions::outputs),
            Route.of("GET", API + "/outputs/tasks/{id}/{taskRunId}", executions::taskOutputs),
            Route.of("POST", webhook, webhooks::call),
            Route.of("GET", webhook, webhooks::call),
            Route.of("PUT", webhook, webhooks::call),
            Route.of("POST", API + "/executions/{namespace}/{flow}", executions::create),
            Route.of("GET", API + "/logs/{id}", executions::logs),
            Route.of("GET", API + "/flows/search", flows::search),
            Route.of("POST", API + "/flows/validate", flows::validate),
            Route.of("GET", API + "/flows/{namespace}/{flow}", flows::get),
            Route.of("GET", API + "/triggers/search", triggers::search),
            Route.of("PUT", API + "/triggers/backfill/create", triggers::backfill),
            Route.of("GET", "/ui/" + Tenant.MAIN + "/executions/{namespace}/{flow}/{id}", page::show),
            Route.of("GET", "/ui/executions/{namespace}/{flow}/{id}", page::show));
    }
}
