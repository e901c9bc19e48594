package io.ecomm.kestra;

import java.nio.file.Files;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Starts the engine, loads the flows and serves the REST paths until it is told to end. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        try {
            run(Settings.of(arguments, System.getenv()));
        } catch (StartFailure failure) {
            System.err.println(failure.getMessage());
            System.exit(1);
        } catch (Exception failure) {
            LoggerFactory.getLogger(Main.class).error("Kestra could not start", failure);
            System.exit(1);
        }
    }

    private static void run(Settings settings) throws Exception {
        Files.createDirectories(settings.data().resolve("tmp"));
        HttpApi api = HttpApi.bind(settings);
        Engine engine = Engine.open(settings);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            api.close();
            engine.close();
        }));
        FlowFiles flows = new FlowFiles(settings.flows(), engine);
        List<String> problems = flows.load();
        if (!problems.isEmpty()) {
            throw new StartFailure(String.join("\n", problems));
        }
        engine.start();
        Thread.ofVirtual().start(new FlowWatch(flows));
        api.serve(Routes.of(engine, settings));
        System.out.println("Kestra is ready on " + settings.url());
    }
}
