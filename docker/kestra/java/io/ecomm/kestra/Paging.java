package io.ecomm.kestra;

import io.micronaut.data.model.Pageable;
import io.micronaut.data.model.Sort;
import java.util.List;
import java.util.function.Function;

/** {@code page} (from 1), {@code size} and {@code sort=field:asc|desc} of a list. */
final class Paging {
    private Paging() {}

    static Pageable of(Request request, Function<String, String> columns) {
        int page = request.number("page", 1);
        int size = request.number("size", 10);
        if (page < 1 || size < 1) {
            throw new IllegalArgumentException("page and size start at 1");
        }
        List<Sort.Order> orders = request.query().getOrDefault("sort", List.of()).stream()
            .map(sort -> order(sort, columns))
            .toList();
        return orders.isEmpty() ? Pageable.from(page, size) : Pageable.from(page, size, Sort.of(orders));
    }

    private static Sort.Order order(String sort, Function<String, String> columns) {
        String[] sides = sort.split(":");
        if (sides.length != 2) {
            throw new IllegalArgumentException("Invalid sort parameter '" + sort + "', expected field:asc or field:desc");
        }
        String column = columns.apply(sides[0]);
        return sides[1].equals("asc") ? Sort.Order.asc(column) : Sort.Order.desc(column);
    }
}
