package io.ecomm.kestra;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** Finds the line of a YAML source that a validation path speaks of. */
final class YamlLines {
    private static final Pattern JACKSON_STEP = Pattern.compile("\\[\"([^\"]+)\"]|\\[(\\d+)]");
    private static final Pattern BEAN_STEP = Pattern.compile("([^.\\[\\]<]+)|\\[(\\d+)]");

    private YamlLines() {}

    /**
     * The line, from 1, of the deepest part of {@code path} that the source has.
     *
     * @param path {@code tasks[0].commands} (bean validation) or {@code Flow["tasks"]->ArrayList[0]} (Jackson)
     */
    static int lineOf(String source, String path) {
        try {
            Node root = new Yaml(new LoaderOptions()).compose(new StringReader(source));
            return root == null ? 1 : line(root, steps(path));
        } catch (YAMLException invalid) {
            return 1; // not YAML at all: the message itself carries the line
        }
    }

    private static List<String> steps(String path) {
        Pattern step = path.contains("[\"") ? JACKSON_STEP : BEAN_STEP;
        List<String> steps = new ArrayList<>();
        Matcher matcher = step.matcher(path);
        while (matcher.find()) {
            steps.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
        }
        return steps;
    }

    private static int line(Node root, List<String> steps) {
        Node node = root;
        int line = 1;
        for (String step : steps) {
            NodeTuple entry = entry(node, step);
            if (entry != null) {
                line = entry.getKeyNode().getStartMark().getLine() + 1;
                node = entry.getValueNode();
            } else if (node instanceof SequenceNode list && step.matches("\\d+")
                && Integer.parseInt(step) < list.getValue().size()) {
                node = list.getValue().get(Integer.parseInt(step));
                line = node.getStartMark().getLine() + 1;
            } else {
                return line;
            }
        }
        return line;
    }

    private static NodeTuple entry(Node node, String key) {
        if (!(node instanceof MappingNode mapping)) {
            return null;
        }
        return mapping.getValue().stream()
            .filter(tuple -> tuple.getKeyNode() instanceof ScalarNode name && name.getValue().equals(key))
            .findFirst()
            .orElse(null);
    }
}
