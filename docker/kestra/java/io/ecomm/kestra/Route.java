package io.ecomm.kestra;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A method and a path like {@code /logs/{id}} with what answers it. */
record Route(String method, Pattern pattern, Handler handler) {
    private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+)}");

    interface Handler {
        Reply handle(Request request) throws Exception;
    }

    static Route of(String method, String path, Handler handler) {
        String pattern = PARAMETER.matcher(path).replaceAll("(?<$1>[^/]+)");
        return new Route(method, Pattern.compile(pattern), handler);
    }

    /** The request as this route sees it, null when it is not for this route. */
    Request match(HttpExchange exchange) throws IOException {
        Matcher matcher = pattern.matcher(exchange.getRequestURI().getPath());
        if (!exchange.getRequestMethod().equals(method) || !matcher.matches()) {
            return null;
        }
        Map<String, String> parameters = new HashMap<>();
        pattern.namedGroups().keySet().forEach(name -> parameters.put(name, matcher.group(name)));
        return new Request(
            method,
            exchange.getRequestURI(),
            exchange.getRequestHeaders(),
            parameters,
            Form.decode(exchange.getRequestURI().getRawQuery()),
            exchange.getRequestBody().readAllBytes());
    }
}
