package io.ecomm.kestra;

import io.kestra.core.exceptions.FlowProcessingException;
import io.kestra.core.models.flows.FlowWithSource;
import io.kestra.core.models.flows.GenericFlow;
import io.kestra.core.queues.QueueException;
import io.kestra.core.repositories.FlowRepositoryInterface;
import io.kestra.core.services.FlowService;
import jakarta.validation.ConstraintViolationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The folder of flow files, kept the same in the engine: what is written there is what runs. */
final class FlowFiles {
    private final Path folder;
    private final FlowCheck check;
    private final FlowService service;
    private final FlowRepositoryInterface repository;

    FlowFiles(Path folder, Engine engine) {
        this.folder = folder;
        this.check = new FlowCheck(engine);
        this.service = engine.get(FlowService.class);
        this.repository = engine.get(FlowRepositoryInterface.class);
    }

    /**
     * Stores every valid flow and removes those whose file is gone. An invalid file changes nothing: the
     * flow it held before stays.
     *
     * @return a line {@code file:line: reason} for every fault, empty when all is well
     */
    List<String> load() throws IOException {
        Map<Path, String> sources = sources();
        List<String> problems = new ArrayList<>();
        Map<String, Path> owners = new TreeMap<>();
        sources.forEach((file, source) -> {
            FlowCheck.Result result = check.check(source);
            result.problems().forEach(problem -> problems.add(located(file, problem)));
            if (result.flow() != null) {
                Path other = owners.putIfAbsent(name(result.flow()), file);
                if (other == null) {
                    store(file, source, result.flow(), problems);
                } else {
                    problems.add(located(file, new FlowCheck.Problem(
                        YamlLines.lineOf(source, "id"), name(result.flow()) + " is already in " + relative(other))));
                }
            }
        });
        if (problems.isEmpty()) {
            removeAllBut(owners);
        }
        return problems;
    }

    /** What a change of any flow file changes: every path with its time and size. */
    Map<Path, String> stamps() throws IOException {
        Map<Path, String> stamps = new TreeMap<>();
        for (Path file : files()) {
            stamps.put(file, Files.getLastModifiedTime(file) + " " + Files.size(file));
        }
        return stamps;
    }

    private Map<Path, String> sources() throws IOException {
        Map<Path, String> sources = new TreeMap<>();
        for (Path file : files()) {
            sources.put(file, Files.readString(file));
        }
        return sources;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            return tree.filter(file -> file.toString().endsWith(".yaml") || file.toString().endsWith(".yml"))
                .filter(Files::isRegularFile)
                .toList();
        } catch (java.nio.file.NoSuchFileException missing) {
            throw new StartFailure("The folder of flows " + folder + " does not exist; set --flows.");
        }
    }

    private void store(Path file, String source, FlowWithSource flow, List<String> problems) {
        FlowWithSource stored = repository
            .findByIdWithSource(Tenant.MAIN, flow.getNamespace(), flow.getId())
            .orElse(null);
        if (stored != null && source.equals(stored.getSource())) {
            return;
        }
        try {
            GenericFlow parsed = GenericFlow.fromYaml(Tenant.MAIN, source);
            if (stored == null) {
                service.create(parsed);
            } else {
                service.update(parsed, stored);
            }
        } catch (ConstraintViolationException invalid) {
            FlowCheck.problems(source, invalid).forEach(problem -> problems.add(located(file, problem)));
        } catch (FlowProcessingException | QueueException failed) {
            problems.add(located(file, new FlowCheck.Problem(1, failed.getMessage())));
        }
    }

    private void removeAllBut(Map<String, Path> owners) {
        repository.findAllWithSource(Tenant.MAIN).stream()
            .filter(flow -> !owners.containsKey(name(flow)))
            .forEach(service::delete);
    }

    private String located(Path file, FlowCheck.Problem problem) {
        return relative(file) + ":" + problem.line() + ": " + problem.reason();
    }

    private Path relative(Path file) {
        return folder.getFileName().resolve(folder.relativize(file));
    }

    private static String name(FlowWithSource flow) {
        return flow.getNamespace() + "." + flow.getId();
    }
}
