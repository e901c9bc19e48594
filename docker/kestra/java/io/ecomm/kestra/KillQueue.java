package io.ecomm.kestra;

import io.kestra.core.models.executions.ExecutionKilled;
import io.kestra.core.queues.BroadcastQueueInterface;
import io.kestra.core.queues.QueueException;
import io.micronaut.core.type.Argument;

/** Where a request to kill is announced to the executor and the workers. */
final class KillQueue {
    private final BroadcastQueueInterface<ExecutionKilled> queue;

    KillQueue(Engine engine) {
        queue = engine.get(Argument.of(BroadcastQueueInterface.class, ExecutionKilled.class));
    }

    void emit(ExecutionKilled request) throws QueueException {
        queue.emit(request);
    }
}
