package io.ecomm.kestra;

import io.kestra.core.models.QueryFilter;
import io.kestra.core.models.QueryFilter.Field;
import io.kestra.core.models.QueryFilter.Op;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Search filters: Kestra 2's {@code filters[state][IN]=FAILED,KILLED} and the older plain
 * {@code namespace}, {@code flowId}, {@code state}, {@code labels}, {@code q}, {@code startDate}, {@code endDate}.
 */
final class Filters {
    private static final Pattern NESTED = Pattern.compile("filters\\[(\\w+)]\\[(\\w+)](?:\\[([^]]+)])?");

    private Filters() {}

    static List<QueryFilter> of(Request request) {
        List<QueryFilter> filters = new ArrayList<>();
        request.query().forEach((name, values) -> {
            Matcher nested = NESTED.matcher(name);
            if (nested.matches()) {
                values.forEach(value -> filters.add(nested(nested, value)));
            }
        });
        request.parameter("q").ifPresent(q -> filters.add(filter(Field.QUERY, Op.EQUALS, q)));
        request.parameter("namespace").ifPresent(n -> filters.add(filter(Field.NAMESPACE, Op.PREFIX, n)));
        request.parameter("flowId").ifPresent(f -> filters.add(filter(Field.FLOW_ID, Op.EQUALS, f)));
        request.parameter("startDate").ifPresent(
            d -> filters.add(filter(Field.START_DATE, Op.GREATER_THAN_OR_EQUAL_TO, d)));
        request.parameter("endDate").ifPresent(
            d -> filters.add(filter(Field.END_DATE, Op.LESS_THAN_OR_EQUAL_TO, d)));
        List<String> states = request.query().getOrDefault("state", List.of());
        if (!states.isEmpty()) {
            filters.add(filter(Field.STATE, Op.IN, states));
        }
        Map<String, String> labels = labels(request.query().getOrDefault("labels", List.of()));
        if (!labels.isEmpty()) {
            filters.add(filter(Field.LABELS, Op.EQUALS, labels));
        }
        return filters;
    }

    private static QueryFilter nested(Matcher name, String value) {
        Field field = Field.fromString(name.group(1));
        Op operation = Op.fromString(name.group(2));
        if (name.group(3) != null) {
            return filter(field, operation, Map.of(name.group(3), value));
        }
        boolean several = operation == Op.IN || operation == Op.NOT_IN;
        return filter(field, operation, several ? List.of(value.split(",")) : value);
    }

    private static Map<String, String> labels(List<String> pairs) {
        Map<String, String> labels = new LinkedHashMap<>();
        for (String pair : pairs) {
            String[] sides = pair.split(":", 2);
            if (sides.length < 2) {
                throw new IllegalArgumentException("labels are given as key:value, not '" + pair + "'");
            }
            labels.put(sides[0], sides[1]);
        }
        return labels;
    }

    private static QueryFilter filter(Field field, Op operation, Object value) {
        return QueryFilter.builder().field(field).operation(operation).value(value).build();
    }
}
