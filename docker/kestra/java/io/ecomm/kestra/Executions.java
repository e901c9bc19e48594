package io.ecomm.kestra;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kestra.core.exceptions.ConflictException;
import io.kestra.core.exceptions.NotFoundException;
import io.kestra.core.models.Label;
import io.kestra.core.models.executions.Execution;
import io.kestra.core.models.executions.ExecutionKilled;
import io.kestra.core.models.executions.ExecutionKilledExecution;
import io.kestra.core.models.flows.Flow;
import io.kestra.core.repositories.ExecutionRepositoryInterface;
import io.kestra.core.runners.FlowInputOutput;
import io.kestra.core.serializers.JacksonMapper;
import io.kestra.core.services.ExecutionLogService;
import io.kestra.core.services.ExecutionOutputService;
import io.kestra.core.services.ExecutionStreamingService;
import io.kestra.core.services.FlowService;
import io.kestra.core.services.TaskOutputService;
import io.kestra.core.services.WebhookService;
import io.kestra.core.utils.UriProvider;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.slf4j.event.Level;

/** Starting, reading and killing executions, and what they wrote. */
final class Executions {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration WAIT_TIMEOUT = Duration.ofHours(1);

    private final FlowService flows;
    private final FlowInputOutput inputOutput;
    private final Inputs inputs;
    private final WebhookService starter;
    private final ExecutionRepositoryInterface repository;
    private final ExecutionStreamingService streaming;
    private final ExecutionOutputService outputs;
    private final TaskOutputService taskOutputs;
    private final ExecutionLogService logs;
    private final KillQueue kills;
    private final UriProvider urls;

    Executions(Engine engine) {
        flows = engine.get(FlowService.class);
        inputOutput = engine.get(FlowInputOutput.class);
        inputs = new Inputs(engine);
        starter = engine.get(WebhookService.class);
        repository = engine.get(ExecutionRepositoryInterface.class);
        streaming = engine.get(ExecutionStreamingService.class);
        outputs = engine.get(ExecutionOutputService.class);
        taskOutputs = engine.get(TaskOutputService.class);
        logs = engine.get(ExecutionLogService.class);
        kills = new KillQueue(engine);
        urls = engine.get(UriProvider.class);
    }

    /** Creates an execution; with {@code ?wait=true} answers when it has ended. */
    Reply create(Request request) throws Exception {
        Optional<Integer> revision = request.parameter("revision").map(Integer::valueOf);
        Flow flow = flows.getFlowIfExecutableOrThrow(
            Tenant.MAIN, request.path().get("namespace"), request.path().get("flow"), revision);
        Execution draft = Execution.newExecution(flow, labels(request));
        Execution execution = draft.withInputs(
            inputOutput.readExecutionInputs(flow, draft, inputs.read(request, draft)));
        starter.startExecution(execution).block(START_TIMEOUT);
        if (request.flag("wait")) {
            execution = ended(execution.getId(), flow);
        }
        return Reply.json(withUrl(execution));
    }

    /** Looks until it has ended: the engine's stream of events can miss the last one when many wait at once. */
    private Execution ended(String id, Flow flow) throws InterruptedException, TimeoutException {
        Instant deadline = Instant.now().plus(WAIT_TIMEOUT);
        long pause = 20;
        while (Instant.now().isBefore(deadline)) {
            Optional<Execution> execution = repository.findById(Tenant.MAIN, id);
            if (execution.isPresent() && streaming.isStopFollow(flow, execution.get())) {
                return execution.get();
            }
            Thread.sleep(pause);
            pause = Math.min(pause * 3 / 2, 500);
        }
        throw new TimeoutException("execution " + id + " has not ended within " + WAIT_TIMEOUT.toHours() + " h");
    }

    Reply get(Request request) throws Exception {
        return Reply.json(tree(find(request)));
    }

    Reply outputs(Request request) throws Exception {
        return Reply.json(Optional.ofNullable(outputs.getOutputs(find(request))).orElse(Map.of()));
    }

    Reply taskOutputs(Request request) throws Exception {
        return Reply.json(taskOutputs.getOutputs(find(request).findTaskRunByTaskRunId(request.path().get("taskRunId"))));
    }

    Reply logs(Request request) throws Exception {
        return Reply.json(logs.getExecutionLogs(
            Tenant.MAIN,
            request.path().get("id"),
            request.parameter("minLevel").map(Level::valueOf).orElse(null),
            request.parameter("taskRunId").orElse(null),
            request.parameter("taskId").map(List::of).orElse(null),
            request.parameter("attempt").map(Integer::valueOf).orElse(null),
            true));
    }

    Reply kill(Request request) throws Exception {
        Execution execution = find(request);
        boolean cascade = request.parameter("isOnKillCascade").map(Boolean::parseBoolean).orElse(true);
        if (execution.getState().isTerminated() && !cascade) {
            throw new ConflictException("Execution is already finished, can't kill it");
        }
        kills.emit(ExecutionKilledExecution.builder()
            .state(ExecutionKilled.State.REQUESTED)
            .tenantId(Tenant.MAIN)
            .executionId(execution.getId())
            .isOnKillCascade(cascade)
            .build());
        return Reply.empty(202);
    }

    private Execution find(Request request) {
        String id = request.path().get("id");
        return repository.findById(Tenant.MAIN, id)
            .orElseThrow(() -> new NotFoundException("Unable to find execution id '" + id + "'"));
    }

    /** An execution as the official server shows it: without the fields of its storage. */
    static ObjectNode tree(Execution execution) {
        ObjectNode tree = JacksonMapper.ofJson().valueToTree(execution);
        tree.remove("deleted");
        return tree;
    }

    private ObjectNode withUrl(Execution execution) {
        return tree(execution).put("url", String.valueOf(urls.executionUrl(execution)));
    }

    /** Labels as {@code ?labels=key:value}, any number of times. */
    private static List<Label> labels(Request request) {
        List<Label> labels = new ArrayList<>();
        for (String pair : request.query().getOrDefault("labels", List.of())) {
            String[] sides = pair.split(":", 2);
            if (sides.length < 2 || sides[0].isBlank()) {
                throw new IllegalArgumentException("labels are given as key:value, not '" + pair + "'");
            }
            if (sides[0].startsWith(Label.SYSTEM_PREFIX) && !sides[0].equals(Label.CORRELATION_ID)) {
                throw new IllegalArgumentException(
                    "System labels can only be set by Kestra itself, offending label: " + pair);
            }
            labels.add(new Label(sides[0], sides[1].strip()));
        }
        labels.add(new Label(Label.FROM, Label.FromLabel.API.value));
        return labels;
    }
}
