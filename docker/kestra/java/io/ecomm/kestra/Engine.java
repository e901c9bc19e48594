package io.ecomm.kestra;

import io.kestra.core.runners.Executor;
import io.kestra.core.runners.Indexer;
import io.kestra.core.runners.Scheduler;
import io.kestra.core.runners.Worker;
import io.kestra.core.server.Service;
import io.kestra.core.worker.Controller;
import io.kestra.worker.systemworker.SystemWorker;
import io.micronaut.context.ApplicationContext;
import io.micronaut.context.exceptions.BeanInstantiationException;
import io.micronaut.core.type.Argument;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The Kestra engine in this process: the beans of a standalone server, without its web server.
 *
 * <p>The context alone can validate and store flows; {@link #start} begins to execute them.
 */
final class Engine implements AutoCloseable {
    private static final int WORKER_THREADS = 16;
    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);

    private final ApplicationContext context;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private Engine(ApplicationContext context) {
        this.context = context;
    }

    static Engine open(Settings settings) {
        try {
            return new Engine(ApplicationContext.builder()
                .environments("cli")
                .deduceEnvironment(false)
                .environmentPropertySource(false)
                .properties(configuration(settings))
                .start());
        } catch (BeanInstantiationException failure) {
            if (String.valueOf(failure.getMessage()).contains("Database may be already in use")) {
                throw new StartFailure("Another Kestra runs on " + settings.data() + " or is still ending; "
                    + "stop it first or set --data to another folder.");
            }
            throw failure;
        }
    }

    <T> T get(Class<T> type) {
        return context.getBean(type);
    }

    <T> T get(Argument<T> type) {
        return context.getBean(type);
    }

    /** Starts every service of the engine and returns when all of them run. */
    void start() throws InterruptedException {
        Executor executor = get(Executor.class);
        Controller controller = get(Controller.class);
        Worker worker = get(Worker.class);
        SystemWorker systemWorker = get(SystemWorker.class);
        Scheduler scheduler = get(Scheduler.class);
        Indexer indexer = get(Indexer.class);
        threads.execute(executor);
        threads.execute(controller::start);
        threads.execute(() -> worker.start(WORKER_THREADS));
        threads.execute(systemWorker::start);
        threads.execute(scheduler);
        threads.execute(indexer);
        await(List.of(executor, controller, worker, systemWorker, scheduler, indexer));
    }

    private static void await(List<? extends Service> services) throws InterruptedException {
        Instant deadline = Instant.now().plus(START_TIMEOUT);
        for (Service service : services) {
            while (service.getState() != Service.ServiceState.RUNNING) {
                if (Instant.now().isAfter(deadline)) {
                    throw new StartFailure("Kestra's " + service.getType() + " did not start within "
                        + START_TIMEOUT.toSeconds() + " s (state " + service.getState() + "); see the log above.");
                }
                Thread.sleep(20);
            }
        }
    }

    @Override
    public void close() {
        context.close();
        threads.shutdownNow();
    }

    /** What Kestra's own command line would set, for one process on H2 and local files. */
    private static Map<String, Object> configuration(Settings settings) {
        // WRITE_DELAY=0: what was answered is in the file, so a killed process forgets nothing.
        String database = "jdbc:h2:file:" + settings.data().resolve("kestra")
            + ";TIME ZONE=UTC;DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0";
        return Map.ofEntries(
            Map.entry("kestra.server-type", "STANDALONE"),
            Map.entry("kestra.url", settings.url()),
            Map.entry("datasources.h2.url", database),
            Map.entry("datasources.h2.username", "sa"),
            Map.entry("datasources.h2.password", ""),
            Map.entry("datasources.h2.driver-class-name", "org.h2.Driver"),
            Map.entry("kestra.queue.type", "h2"),
            Map.entry("kestra.repository.type", "h2"),
            Map.entry("kestra.storage.type", "local"),
            Map.entry("kestra.storage.local.base-path", settings.data().resolve("storage").toString()),
            Map.entry("kestra.tasks.tmp-dir.path", settings.data().resolve("tmp").toString()),
            Map.entry("kestra.controller.port", settings.grpcPort()),
            Map.entry("kestra.worker.controllers.type", "STATIC"),
            Map.entry("kestra.worker.controllers.static.endpoints",
                List.of(Map.of("host", "127.0.0.1", "port", settings.grpcPort()))),
            // The worker dies with this process, so its tasks need not be waited for.
            Map.entry("kestra.server.termination-grace-period", "10s"),
            Map.entry("kestra.server.worker-task-restart-strategy", "IMMEDIATELY"),
            Map.entry("kestra.server.service.purge.initial-delay", "1h"),
            Map.entry("kestra.server.service.purge.fixed-delay", "1d"),
            Map.entry("kestra.plugins.auto-install.enabled", false),
            Map.entry("kestra.anonymous-usage-report.enabled", false));
    }
}
