package io.ecomm.kestra;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.kestra.core.serializers.JacksonMapper;
import java.nio.charset.StandardCharsets;

/** An answer; JSON is written by the engine's own mapper, so it looks as on the official server. */
record Reply(int status, String contentType, byte[] body) {
    static Reply json(Object value) throws JsonProcessingException {
        return json(200, value);
    }

    static Reply json(int status, Object value) throws JsonProcessingException {
        return new Reply(status, "application/json", JacksonMapper.ofJson().writeValueAsBytes(value));
    }

    static Reply html(String page) {
        return new Reply(200, "text/html; charset=utf-8", page.getBytes(StandardCharsets.UTF_8));
    }

    static Reply empty(int status) {
        return new Reply(status, "application/json", new byte[0]);
    }
}
