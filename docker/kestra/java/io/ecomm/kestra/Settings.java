package io.ecomm.kestra;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** What the launcher was started with: options from the command line, credentials from the environment. */
record Settings(
    String host, int port, int grpcPort, Path data, Path flows, String url, String username, String password) {

    static Settings of(String[] arguments, Map<String, String> environment) {
        Map<String, String> options = options(arguments);
        String host = options.getOrDefault("--host", "127.0.0.1");
        int port = Integer.parseInt(required(options, "--port"));
        Settings settings = new Settings(
            host,
            port,
            Integer.parseInt(required(options, "--grpc-port")),
            Path.of(required(options, "--data")).toAbsolutePath(),
            Path.of(required(options, "--flows")).toAbsolutePath(),
            url(environment.get("KESTRA_URL"), port),
            environment.get("KESTRA_USERNAME"),
            environment.get("KESTRA_PASSWORD"));
        if (!settings.hasCredentials() && !host.equals("127.0.0.1") && !host.equals("localhost")) {
            throw new StartFailure(
                "Kestra would be open to the network on " + host + "; set KESTRA_USERNAME and KESTRA_PASSWORD.");
        }
        return settings;
    }

    boolean hasCredentials() {
        return username != null && !username.isEmpty() && password != null && !password.isEmpty();
    }

    /** The address that people's browsers use: links in messages start with it. */
    private static String url(String given, int port) {
        return given == null || given.isEmpty() ? "http://127.0.0.1:" + port : given;
    }

    private static Map<String, String> options(String[] arguments) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i], arguments[i + 1]);
        }
        return options;
    }

    private static String required(Map<String, String> options, String name) {
        if (!options.containsKey(name)) {
            throw new StartFailure(name + " is missing; start Kestra with python -m docker.kestra.");
        }
        return options.get(name);
    }
}
