package io.ecomm.kestra;

import io.kestra.core.exceptions.FlowProcessingException;
import io.kestra.core.models.flows.FlowWithSource;
import io.kestra.core.models.validations.ModelValidator;
import io.kestra.core.services.FlowParsingService;
import jakarta.validation.ConstraintViolationException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Validates a flow's source with the engine's own rules and says on which line each fault is. */
final class FlowCheck {
    /** What is wrong and on which line, from 1. */
    record Problem(int line, String reason) {}

    /** The parsed flow when there are no problems. */
    record Result(FlowWithSource flow, List<Problem> problems) {}

    private static final Pattern AT_LINE = Pattern.compile("\\s*\\(at line (\\d+)\\)");
    private static final Pattern UNKNOWN_PROPERTY = Pattern.compile(
        "Unrecognized field \"([^\"]+)\" \\(class ([\\w.$]+)\\).*known propert(?:y|ies): (.*)\\)", Pattern.DOTALL);
    private static final Pattern REFERENCE_CHAIN = Pattern.compile("\\(through reference chain: (.+?)\\)");

    private final FlowParsingService parsing;
    private final ModelValidator validator;

    FlowCheck(Engine engine) {
        parsing = engine.get(FlowParsingService.class);
        validator = engine.get(ModelValidator.class);
    }

    Result check(String source) {
        try {
            FlowWithSource flow = parsing.parse(Tenant.MAIN, source, true);
            validator.validate(parsing.parseForValidation(flow));
            return new Result(flow, List.of());
        } catch (ConstraintViolationException invalid) {
            return new Result(null, problems(source, invalid));
        } catch (FlowProcessingException invalid) {
            return new Result(null, invalid.getCause() instanceof ConstraintViolationException violations
                ? problems(source, violations)
                : List.of(new Problem(1, String.valueOf(invalid.getMessage()))));
        }
    }

    /** One problem a path: Kestra reports some faults twice, the readable form first. */
    static List<Problem> problems(String source, ConstraintViolationException invalid) {
        Map<String, Problem> byPath = new LinkedHashMap<>();
        invalid.getConstraintViolations().stream()
            .sorted((a, b) -> Integer.compare(a.getMessage().length(), b.getMessage().length()))
            .forEach(violation -> {
                String path = String.valueOf(violation.getPropertyPath());
                byPath.putIfAbsent(path, problem(source, path, violation.getMessage()));
            });
        return List.copyOf(byPath.values());
    }

    private static Problem problem(String source, String path, String message) {
        Matcher located = AT_LINE.matcher(message);
        if (located.find()) {
            return new Problem(Integer.parseInt(located.group(1)), oneLine(located.replaceAll("")));
        }
        Matcher unknown = UNKNOWN_PROPERTY.matcher(message);
        if (unknown.find()) {
            return new Problem(YamlLines.lineOf(source, path), "unknown property \"" + unknown.group(1) + "\" of "
                + unknown.group(2) + ", which has " + sorted(unknown.group(3)));
        }
        Matcher chain = REFERENCE_CHAIN.matcher(message);
        if (chain.find()) {
            return new Problem(YamlLines.lineOf(source, chain.group(1)), message.lines().findFirst().orElse(message));
        }
        boolean bean = !path.isEmpty() && !path.contains("[\"");
        return new Problem(YamlLines.lineOf(source, path), oneLine(bean ? path + " " + message : message));
    }

    private static String sorted(String names) {
        return Arrays.stream(names.replace("\"", "").split(", ")).sorted().collect(Collectors.joining(", "));
    }

    /** The parser draws the place below its message; file and line say it already. */
    private static String oneLine(String message) {
        return message.lines().findFirst().orElse(message).strip();
    }
}
