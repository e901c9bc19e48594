package io.ecomm.kestra;

import io.kestra.core.exceptions.NotFoundException;
import io.kestra.core.models.flows.Flow;
import io.kestra.core.models.flows.FlowSource;
import io.kestra.core.repositories.ArrayListTotal;
import io.kestra.core.repositories.FlowRepositoryInterface;
import io.kestra.core.services.FlowService;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Reading and validating flows; they are changed in their files. */
final class Flows {
    private final FlowRepositoryInterface repository;
    private final FlowService service;

    Flows(Engine engine) {
        repository = engine.get(FlowRepositoryInterface.class);
        service = engine.get(FlowService.class);
    }

    Reply get(Request request) throws Exception {
        String namespace = request.path().get("namespace");
        String id = request.path().get("flow");
        Optional<? extends Flow> flow = request.flag("source")
            ? repository.findByIdWithSource(Tenant.MAIN, namespace, id)
            : repository.findById(Tenant.MAIN, namespace, id);
        return Reply.json(flow.orElseThrow(() -> new NotFoundException("Flow not found")));
    }

    Reply search(Request request) throws Exception {
        ArrayListTotal<Flow> found = repository.find(
            Paging.of(request, Function.identity()), Tenant.MAIN, Filters.of(request));
        return Reply.json(Map.of("results", found, "total", found.getTotal()));
    }

    /** Takes one source, or several with {@code ---} between them. */
    Reply validate(Request request) throws Exception {
        List<FlowSource> sources = Stream.of(request.text().split("\\n+---\\n*?"))
            .map(source -> new FlowSource(null, source))
            .toList();
        return Reply.json(service.validate(Tenant.MAIN, sources));
    }
}
