package io.ecomm.kestra;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.kestra.core.async.AsyncOperationProcessedEvent;
import io.kestra.core.exceptions.ConflictException;
import io.kestra.core.exceptions.NotFoundException;
import io.kestra.core.models.triggers.TriggerId;
import io.kestra.core.repositories.ArrayListTotal;
import io.kestra.core.repositories.TriggerRepositoryInterface;
import io.kestra.core.scheduler.events.CreateBackfillTrigger;
import io.kestra.core.scheduler.model.TriggerState;
import io.kestra.core.scheduler.queue.TriggerEventQueue;
import io.kestra.core.serializers.JacksonMapper;
import io.kestra.core.services.AsyncOperationWaiter;
import java.time.Duration;
import java.util.Map;

/** The state of schedules and their backfills. */
final class Triggers {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** The body of a request for a backfill. */
    record BackfillRequest(
        @JsonProperty("namespace") String namespace,
        @JsonProperty("flowId") String flowId,
        @JsonProperty("triggerId") String triggerId,
        @JsonProperty("backfill") CreateBackfillTrigger.Backfill backfill) {}

    private final TriggerRepositoryInterface repository;
    private final TriggerEventQueue queue;
    private final AsyncOperationWaiter waiter;

    Triggers(Engine engine) {
        repository = engine.get(TriggerRepositoryInterface.class);
        queue = engine.get(TriggerEventQueue.class);
        waiter = engine.get(AsyncOperationWaiter.class);
    }

    Reply search(Request request) throws Exception {
        ArrayListTotal<TriggerState> found = repository.find(
            Paging.of(request, repository.sortMapping()), Tenant.MAIN, Filters.of(request));
        return Reply.json(Map.of("results", found, "total", found.getTotal()));
    }

    /** Runs a schedule for past dates; answers when the scheduler has taken it. */
    Reply backfill(Request request) throws Exception {
        BackfillRequest wanted = JacksonMapper.ofJson().readValue(request.body(), BackfillRequest.class);
        if (wanted.backfill() == null || wanted.backfill().start() == null) {
            throw new IllegalArgumentException("a backfill needs backfill.start");
        }
        TriggerId id = TriggerId.of(Tenant.MAIN, wanted.namespace(), wanted.flowId(), wanted.triggerId());
        find(id);
        AsyncOperationProcessedEvent done = waiter.submitAndWait(
            id.uid(),
            operation -> queue.send(new CreateBackfillTrigger(id, wanted.backfill()).withOperationId(operation)),
            TIMEOUT);
        if (done.outcome() == AsyncOperationProcessedEvent.Outcome.FAILED) {
            throw new ConflictException(done.error());
        }
        return Reply.json(find(id));
    }

    private TriggerState find(TriggerId id) {
        return repository.findById(id).orElseThrow(() -> new NotFoundException("Trigger not found: " + id.uid()));
    }
}
