package io.ecomm.kestra;

import io.kestra.plugin.core.runner.Process;
import io.kestra.plugin.scripts.exec.scripts.runners.CommandsWrapper;
import java.util.Map;
import java.util.Map;
import java.util.stream.Collectors;

/** Runs a script task as a process of this machine that sees no more of the engine than a container would. */
public final class LocalProcess {
    private LocalProcess() {}

    /** A process inherits the engine's environment; the engine's own variables reach it empty, if at all. */
    public static CommandsWrapper on(CommandsWrapper commands) {
        Map<String, String> hidden = System.getenv().keySet().stream()
            .filter(name -> name.startsWith("SECRET_") || name.startsWith("ENV_") || name.startsWith("KESTRA_"))
            .filter(name -> !commands.getEnv().containsKey(name))
            .collect(Collectors.toMap(name -> name, name -> ""));
        return commands.withTaskRunner(Process.instance()).addEnv(hidden);
    }
}
