package io.ecomm.kestra;

import io.kestra.core.models.executions.Execution;
import io.kestra.core.serializers.JacksonMapper;
import io.kestra.core.storages.StorageContext;
import io.kestra.core.storages.StorageInterface;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;

/** The raw inputs of a request: a multipart form as on the official server, an urlencoded form or JSON. */
final class Inputs {
    private final StorageInterface storage;

    Inputs(Engine engine) {
        storage = engine.get(StorageInterface.class);
    }

    /** A map of input id to text, JSON value or the address of the stored file. */
    Map<String, Object> read(Request request, Execution execution) throws IOException {
        String type = request.contentType();
        Map<String, Object> inputs = new HashMap<>();
        if (request.body().length == 0) {
            return inputs;
        }
        if (type.startsWith("multipart/form-data")) {
            for (Form.Part part : Form.multipart(type, request.body())) {
                inputs.put(part.name(), part.fileName() == null ? part.text() : store(part, execution).toString());
            }
        } else if (type.startsWith("application/x-www-form-urlencoded")) {
            Form.decode(request.text()).forEach((name, values) -> inputs.put(name, values.getLast()));
        } else if (type.startsWith("application/json")) {
            inputs.putAll(JacksonMapper.ofJson().readValue(request.body(), JacksonMapper.MAP_TYPE_REFERENCE));
        } else {
            throw new IllegalArgumentException("inputs are sent as multipart/form-data, "
                + "application/x-www-form-urlencoded or application/json, not as '" + type + "'");
        }
        return inputs;
    }

    private URI store(Form.Part part, Execution execution) throws IOException {
        URI target = StorageContext.forInput(execution, part.name(), part.fileName()).getContextStorageURI();
        return storage.put(
            execution.getTenantId(), execution.getNamespace(), target, new ByteArrayInputStream(part.content()));
    }
}
