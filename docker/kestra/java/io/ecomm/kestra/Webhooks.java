package io.ecomm.kestra;

import io.kestra.core.exceptions.ConflictException;
import io.kestra.core.exceptions.IllegalVariableEvaluationException;
import io.kestra.core.exceptions.NotFoundException;
import io.kestra.core.http.HttpRequest;
import io.kestra.core.http.HttpResponse;
import io.kestra.core.models.flows.Flow;
import io.kestra.core.repositories.FlowRepositoryInterface;
import io.kestra.core.runners.RunContextFactory;
import io.kestra.core.services.WebhookService;
import io.kestra.core.storages.StorageContext;
import io.kestra.core.storages.StorageInterface;
import io.kestra.core.utils.IdUtils;
import io.kestra.plugin.core.trigger.AbstractWebhookTrigger;
import io.kestra.plugin.core.trigger.AbstractWebhookTrigger.FetchType;
import io.kestra.plugin.core.trigger.WebhookContext;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls of webhook triggers: the key in the path is the only credential. */
final class Webhooks {
    private static final Logger LOG = LoggerFactory.getLogger(Webhooks.class);

    private final FlowRepositoryInterface flows;
    private final RunContextFactory contexts;
    private final WebhookService service;
    private final StorageInterface storage;

    Webhooks(Engine engine) {
        flows = engine.get(FlowRepositoryInterface.class);
        contexts = engine.get(RunContextFactory.class);
        service = engine.get(WebhookService.class);
        storage = engine.get(StorageInterface.class);
    }

    Reply call(Request request) throws Exception {
        Flow flow = flows.findByIdForExecution(Tenant.MAIN, request.path().get("namespace"), request.path().get("flow"))
            .orElseThrow(() -> new NotFoundException("Flow not found"));
        if (flow.isDisabled()) {
            throw new ConflictException("Cannot execute flow: flow is disabled.");
        }
        AbstractWebhookTrigger trigger = trigger(flow, request.path().get("key"));
        String execution = IdUtils.create();
        boolean fetched = trigger.getFetchType() == FetchType.FETCH;
        WebhookContext context = WebhookContext.builder()
            .request(kestraRequest(request, fetched))
            .flow(flow)
            .trigger(trigger)
            .webhookService(service)
            .executionId(execution)
            .storedBodyUri(trigger.getFetchType() == FetchType.STORE ? stored(request, flow, execution) : null)
            .build();
        return reply(trigger.evaluate(context).block());
    }

    private AbstractWebhookTrigger trigger(Flow flow, String key) {
        return Stream.ofNullable(flow.getTriggers())
            .flatMap(List::stream)
            .filter(AbstractWebhookTrigger.class::isInstance)
            .map(AbstractWebhookTrigger.class::cast)
            .filter(trigger -> hasKey(flow, trigger, key))
            .findFirst()
            .orElseThrow(() -> new NotFoundException("Webhook not found"));
    }

    private boolean hasKey(Flow flow, AbstractWebhookTrigger trigger, String key) {
        try {
            String expected = contexts.of(flow, trigger).render(trigger.getKey()).trim();
            // Takes the same time wherever the first difference is.
            return MessageDigest.isEqual(bytes(expected), bytes(key));
        } catch (IllegalVariableEvaluationException unknown) {
            LOG.warn("The key of webhook {} of {} cannot be rendered, so nothing can call it: {}",
                trigger.getId(), flow.getId(), unknown.getMessage());
            return false;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The bytes as they came, where the official server puts them: a signature is over these, not over parsed JSON. */
    private URI stored(Request request, Flow flow, String execution) throws IOException {
        if (request.body().length == 0) {
            return null;
        }
        URI folder = StorageContext.forExecution(flow.getTenantId(), flow.getNamespace(), flow.getId(), execution)
            .getContextStorageURI();
        URI place = URI.create(folder + "/webhook/body");
        return storage.put(flow.getTenantId(), flow.getNamespace(), place, new ByteArrayInputStream(request.body()));
    }

    private static HttpRequest kestraRequest(Request request, boolean withBody) {
        HttpRequest.RequestBody body = !withBody || request.body().length == 0 ? null
            : HttpRequest.StringRequestBody.builder()
                .content(request.text())
                .charset(StandardCharsets.UTF_8)
                .contentType(request.contentType())
                .build();
        return HttpRequest.of(URI.create(request.uri().toString()), request.method(), body, request.headers());
    }

    private static Reply reply(HttpResponse<?> response) throws Exception {
        int status = response.getStatus().getCode();
        if (response.getBody() == null) {
            return Reply.empty(status);
        }
        String type = Optional.ofNullable(response.getHeaders())
            .flatMap(headers -> headers.firstValue("Content-Type"))
            .orElse("application/json");
        if (response.getBody() instanceof String text && !type.equals("application/json")) {
            return new Reply(status, type, text.getBytes(StandardCharsets.UTF_8));
        }
        return Reply.json(status, response.getBody());
    }
}
