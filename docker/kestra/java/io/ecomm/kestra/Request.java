package io.ecomm.kestra;

import com.sun.net.httpserver.Headers;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A request that found its route. */
record Request(
    String method, URI uri, Headers headers, Map<String, String> path, Map<String, List<String>> query, byte[] body) {

    Optional<String> parameter(String name) {
        return query.getOrDefault(name, List.of()).stream().findFirst().filter(value -> !value.isEmpty());
    }

    boolean flag(String name) {
        return parameter(name).map(Boolean::parseBoolean).orElse(false);
    }

    int number(String name, int otherwise) {
        return parameter(name).map(Integer::parseInt).orElse(otherwise);
    }

    String contentType() {
        return Optional.ofNullable(headers.getFirst("Content-Type")).orElse("");
    }

    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
