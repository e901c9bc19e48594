package io.ecomm.kestra;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loads the flow files again when one changes; looks every second, which works on every file system. */
final class FlowWatch implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(FlowWatch.class);
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final FlowFiles files;
    private Map<Path, String> seen;

    FlowWatch(FlowFiles files) throws IOException {
        this.files = files;
        this.seen = files.stamps();
    }

    @Override
    public void run() {
        try {
            while (true) {
                Thread.sleep(INTERVAL);
                reloadIfChanged();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void reloadIfChanged() {
        try {
            Map<Path, String> now = files.stamps();
            if (now.equals(seen)) {
                return;
            }
            seen = now;
            List<String> problems = files.load();
            problems.forEach(problem -> LOG.error("{} (the flow as it was before stays)", problem));
            if (problems.isEmpty()) {
                LOG.warn("Flows reloaded: {} files", now.size());
            }
        } catch (IOException | RuntimeException failed) {
            // An editor may be half way through writing: the next look sees the finished file.
            LOG.error("The flows could not be reloaded: {}", failed.getMessage());
        }
    }
}
