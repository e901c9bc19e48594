package io.ecomm.kestra;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executors;

/** The JDK's HTTP server with the official server's authentication and error answers. */
final class HttpApi implements AutoCloseable {
    /** A webhook's key is its only credential; who calls it has no password. */
    private static final String WEBHOOKS = "/api/v1/" + Tenant.MAIN + "/executions/webhook/";

    private final HttpServer server;
    private final byte[] expectedAuthorization;
    private volatile List<Route> routes = List.of();

    private HttpApi(HttpServer server, byte[] expectedAuthorization) {
        this.server = server;
        this.expectedAuthorization = expectedAuthorization;
    }

    /** Takes the port, so that a busy one is known before the engine starts; answers 503 until {@link #serve}. */
    static HttpApi bind(Settings settings) throws IOException {
        HttpServer server;
        try {
            server = HttpServer.create(new InetSocketAddress(settings.host(), settings.port()), 0);
        } catch (BindException busy) {
            throw new StartFailure("Port " + settings.port() + " is already in use; "
                + "stop what uses it or set KESTRA_PORT to a free port.");
        }
        HttpApi api = new HttpApi(server, settings.hasCredentials() ? basic(settings) : null);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", api::answer);
        server.start();
        return api;
    }

    void serve(List<Route> routes) {
        this.routes = routes;
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Reply reply = reply(exchange);
            exchange.getResponseHeaders().set("Content-Type", reply.contentType());
            if (reply.status() == 401) {
                exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"Kestra\"");
            }
            exchange.sendResponseHeaders(reply.status(), reply.body().length == 0 ? -1 : reply.body().length);
            exchange.getResponseBody().write(reply.body());
        }
    }

    private Reply reply(HttpExchange exchange) {
        String path = exchange.getRequestURI().getPath();
        if (routes.isEmpty()) {
            return Errors.reply(503, "Service Unavailable: Kestra is starting", path);
        }
        boolean open = path.equals("/health") || path.startsWith(WEBHOOKS);
        if (!open && !authorized(exchange)) {
            return Errors.reply(401, "Unauthorized", path);
        }
        try {
            for (Route route : routes) {
                Request request = route.match(exchange);
                if (request != null) {
                    return route.handler().handle(request);
                }
            }
            return Errors.reply(404, "Not Found", path);
        } catch (Exception failure) {
            return Errors.reply(failure, path);
        }
    }

    private boolean authorized(HttpExchange exchange) {
        if (expectedAuthorization == null) {
            return true;
        }
        String given = exchange.getRequestHeaders().getFirst("Authorization");
        return given != null
            && MessageDigest.isEqual(expectedAuthorization, given.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] basic(Settings settings) {
        String pair = settings.username() + ":" + settings.password();
        String token = Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
        return ("Basic " + token).getBytes(StandardCharsets.UTF_8);
    }
}
