package io.kestra.plugin.scripts.python;

import io.ecomm.kestra.LocalProcess;
import io.kestra.core.models.property.Property;
import io.kestra.core.models.tasks.RunnableTask;
import io.kestra.core.runners.RunContext;
import io.kestra.plugin.scripts.exec.AbstractExecScript;
import io.kestra.plugin.scripts.exec.scripts.models.DockerOptions;
import io.kestra.plugin.scripts.exec.scripts.models.ScriptOutput;
import jakarta.validation.constraints.NotNull;
import java.util.List;
import java.util.Map;

/**
 * The official task's name and properties for a machine without Docker: whatever its task runner says, the
 * commands run as a process of this machine, with the {@code python} that is first on the PATH.
 */
public class Commands extends AbstractExecScript implements RunnableTask<ScriptOutput> {
    /** How the official task installs {@link #dependencies}. */
    public enum PackageManager { PIP, UV }

    protected Property<String> containerImage = Property.ofValue("python:3.13-slim");

    @NotNull
    protected Property<List<String>> commands;

    protected Property<List<String>> dependencies;
    protected Property<String> pythonVersion;
    protected Property<Boolean> dependencyCacheEnabled = Property.ofValue(true);
    protected Property<PackageManager> packageManager = Property.ofValue(PackageManager.UV);
    protected Property<Boolean> uvAutoInstallEnabled = Property.ofValue(true);
    protected Property<String> uvInstallerVersion;
    protected Property<String> uvInstallerSha256;
    protected DockerOptions docker;

    @Override
    public ScriptOutput run(RunContext runContext) throws Exception {
        List<String> packages = runContext.render(dependencies).asList(String.class);
        if (!packages.isEmpty()) {
            throw new IllegalStateException("This machine runs tasks without containers and installs no packages "
                + "for them: add " + packages + " to the project's requirements, or to the task's container image, "
                + "and leave `dependencies` out.");
        }
        return LocalProcess.on(commands(runContext))
            .addEnv(Map.of("PYTHONUNBUFFERED", "true"))
            .withInterpreter(interpreter)
            .withBeforeCommands(beforeCommands)
            .withBeforeCommandsWithOptions(true)
            .withCommands(commands)
            .run();
    }

    @Override
    public Property<String> getContainerImage() {
        return containerImage;
    }

    public Property<List<String>> getCommands() {
        return commands;
    }

    public Property<List<String>> getDependencies() {
        return dependencies;
    }

    public Property<String> getPythonVersion() {
        return pythonVersion;
    }

    public Property<Boolean> getDependencyCacheEnabled() {
        return dependencyCacheEnabled;
    }

    public Property<PackageManager> getPackageManager() {
        return packageManager;
    }

    public Property<Boolean> getUvAutoInstallEnabled() {
        return uvAutoInstallEnabled;
    }

    public Property<String> getUvInstallerVersion() {
        return uvInstallerVersion;
    }

    public Property<String> getUvInstallerSha256() {
        return uvInstallerSha256;
    }

    public DockerOptions getDocker() {
        return docker;
    }
}
