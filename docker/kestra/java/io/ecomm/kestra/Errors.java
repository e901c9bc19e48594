package io.ecomm.kestra;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.kestra.core.exceptions.ConflictException;
import io.kestra.core.exceptions.InputOutputValidationException;
import io.kestra.core.exceptions.NotFoundException;
import io.kestra.core.serializers.JacksonMapper;
import jakarta.validation.ConstraintViolationException;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Failures as the official server answers them: {@code {"message", "_links"}} with its status. */
final class Errors {
    private static final Logger LOG = LoggerFactory.getLogger(Errors.class);

    private Errors() {}

    static Reply reply(int status, String message, String path) {
        Map<String, Object> self = Map.of("href", path, "templated", false);
        Map<String, Object> error = Map.of("message", message, "_links", Map.of("self", self));
        try {
            return new Reply(status, "application/json", JacksonMapper.ofJson().writeValueAsBytes(error));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static Reply reply(Exception failure, String path) {
        return switch (failure) {
            case NotFoundException missing -> because(404, "Not Found", missing, path);
            case NoSuchElementException missing -> because(404, "Not Found", missing, path);
            case Route.TooLong tooLong -> because(413, "Request Entity Too Large", tooLong, path);
            case ConflictException conflict -> because(409, "Conflict", conflict, path);
            case IllegalStateException state -> because(409, "Illegal state", state, path);
            case InputOutputValidationException input -> because(422, "Invalid entity", input, path);
            case ConstraintViolationException invalid -> because(422, "Invalid entity", invalid, path);
            case JsonProcessingException json -> because(422, "Invalid json", json, path);
            case IllegalArgumentException argument -> because(422, "Illegal argument", argument, path);
            default -> {
                LOG.error("{} failed", path, failure);
                yield because(500, "Internal server error", failure, path);
            }
        };
    }

    private static Reply because(int status, String reason, Exception failure, String path) {
        String detail = Optional.ofNullable(failure.getMessage()).map(message -> ": " + message).orElse("");
        return reply(status, reason + detail, path);
    }
}
