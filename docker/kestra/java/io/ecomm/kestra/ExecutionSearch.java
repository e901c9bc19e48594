package io.ecomm.kestra;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kestra.core.models.executions.Execution;
import io.kestra.core.models.executions.TaskRun;
import io.kestra.core.repositories.ArrayListTotal;
import io.kestra.core.repositories.ExecutionRepositoryInterface;
import io.micronaut.data.model.Pageable;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Lists of executions, each without its task runs, as the official server shows them. */
final class ExecutionSearch {
    private static final Set<String> SHOWN = Set.of(
        "tenantId", "id", "namespace", "flowId", "flowRevision", "inputs", "labels", "state", "parentId",
        "originalId", "trigger", "scheduleDate", "kind", "loopRun");

    private final ExecutionRepositoryInterface repository;

    ExecutionSearch(Engine engine) {
        repository = engine.get(ExecutionRepositoryInterface.class);
    }

    Reply search(Request request) throws Exception {
        Pageable page = Paging.of(request, repository.sortMapping());
        return page(repository.find(page, Tenant.MAIN, Filters.of(request)));
    }

    Reply ofFlow(Request request) throws Exception {
        String namespace = required(request, "namespace");
        String flow = required(request, "flowId");
        return page(repository.findByFlowId(
            Tenant.MAIN, namespace, flow, Paging.of(request, repository.sortMapping())));
    }

    private static Reply page(ArrayListTotal<Execution> found) throws Exception {
        List<ObjectNode> results = found.stream().map(ExecutionSearch::light).toList();
        return Reply.json(Map.of("results", results, "total", found.getTotal()));
    }

    private static ObjectNode light(Execution execution) {
        ObjectNode tree = Executions.tree(execution);
        tree.retain(SHOWN);
        List<TaskRun> runs = execution.getTaskRunList();
        if (runs != null && !runs.isEmpty()) {
            tree.putObject("lastTaskRun")
                .put("taskId", runs.getLast().getTaskId())
                .put("attempts", runs.getLast().attemptNumber());
        }
        return tree;
    }

    private static String required(Request request, String name) {
        return request.parameter(name).orElseThrow(
            () -> new IllegalArgumentException("Required QueryValue [" + name + "] not specified"));
    }
}
