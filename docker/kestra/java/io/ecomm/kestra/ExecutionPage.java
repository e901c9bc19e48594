package io.ecomm.kestra;

import io.kestra.core.exceptions.NotFoundException;
import io.kestra.core.models.executions.Execution;
import io.kestra.core.models.executions.LogEntry;
import io.kestra.core.models.executions.TaskRun;
import io.kestra.core.repositories.ExecutionRepositoryInterface;
import io.kestra.core.services.ExecutionLogService;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A plain page of one execution, at the path of the official UI, so that links in messages open something. */
final class ExecutionPage {
    private static final String PAGE = """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>%1$s.%2$s %4$s</title>%7$s
        <style>
          body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
          table { border-collapse: collapse; width: 100%% }
          td, th { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top }
          pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
          .SUCCESS { color: #176f2c } .FAILED, .KILLED, .ERROR { color: #b3261e } .WARNING, .WARN { color: #8a5a00 }
        </style></head><body>
        <h1>%1$s.%2$s</h1>
        <p>Execution <code>%3$s</code> <strong class="%4$s">%4$s</strong></p>
        <h2>Tasks</h2><table><tr><th>Task</th><th>State</th><th>Attempts</th><th>Seconds</th></tr>%5$s</table>
        <h2>Log</h2><table>%6$s</table>
        </body></html>
        """;

    private final ExecutionRepositoryInterface repository;
    private final ExecutionLogService logs;

    ExecutionPage(Engine engine) {
        repository = engine.get(ExecutionRepositoryInterface.class);
        logs = engine.get(ExecutionLogService.class);
    }

    Reply show(Request request) {
        String id = request.path().get("id");
        Execution execution = repository.findById(Tenant.MAIN, id)
            .orElseThrow(() -> new NotFoundException("Unable to find execution id '" + id + "'"));
        String tasks = Stream.ofNullable(execution.getTaskRunList())
            .flatMap(List::stream)
            .map(ExecutionPage::task)
            .collect(Collectors.joining());
        String lines = logs.getExecutionLogs(Tenant.MAIN, id, null, null, null, null, true).stream()
            .map(ExecutionPage::line)
            .collect(Collectors.joining());
        boolean ended = execution.getState().isTerminated();
        return Reply.html(PAGE.formatted(
            escape(execution.getNamespace()),
            escape(execution.getFlowId()),
            escape(id),
            execution.getState().getCurrent(),
            tasks,
            lines,
            ended ? "" : "<meta http-equiv=\"refresh\" content=\"2\">"));
    }

    private static String task(TaskRun run) {
        return "<tr><td>%s</td><td class=\"%s\">%2$s</td><td>%d</td><td>%s</td></tr>\n".formatted(
            escape(run.getTaskId()),
            run.getState().getCurrent(),
            run.attemptNumber(),
            run.getState().getDuration().map(d -> "%.1f".formatted(d.toMillis() / 1000.0)).orElse(""));
    }

    private static String line(LogEntry entry) {
        return "<tr><td>%s</td><td class=\"%s\">%2$s</td><td>%s</td><td><pre>%s</pre></td></tr>\n".formatted(
            entry.getTimestamp(),
            entry.getLevel(),
            escape(entry.getTaskId()),
            escape(entry.getMessage()));
    }

    private static String escape(String text) {
        return text == null ? "" : text
            .replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
