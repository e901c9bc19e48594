package io.ecomm.kestra;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A method and a path like {@code /logs/{id}} with what answers it. */
record Route(String method, Pattern pattern, Handler handler) {
    private static final int LONGEST = 16 * 1024 * 1024;
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
            body(exchange.getRequestBody()));
    }

    /** What is longer would take the memory of all runs; it is read to its end, or the caller would see no answer. */
    private static byte[] body(InputStream given) throws IOException {
        byte[] body = given.readNBytes(LONGEST + 1);
        if (body.length > LONGEST) {
            given.transferTo(OutputStream.nullOutputStream());
            throw new TooLong();
        }
        return body;
    }

    /** A body that is not taken. */
    static final class TooLong extends RuntimeException {
        TooLong() {
            super("the body is longer than " + LONGEST + " bytes");
        }
    }
}
