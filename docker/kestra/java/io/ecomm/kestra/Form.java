package io.ecomm.kestra;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads query strings, urlencoded forms and multipart forms. */
final class Form {
    /** A part of a multipart form; {@code fileName} is null for a plain field. */
    record Part(String name, String fileName, byte[] content) {
        String text() {
            return new String(content, StandardCharsets.UTF_8);
        }
    }

    private static final Pattern BOUNDARY = Pattern.compile("boundary=\"?([^\";]+)\"?");
    private static final Pattern NAME = Pattern.compile("[; ]name=\"([^\"]*)\"");
    private static final Pattern FILE_NAME = Pattern.compile("filename=\"([^\"]*)\"");

    private Form() {}

    static Map<String, List<String>> decode(String encoded) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        if (encoded == null || encoded.isEmpty()) {
            return values;
        }
        for (String pair : encoded.split("&")) {
            String[] sides = pair.split("=", 2);
            values.computeIfAbsent(unescape(sides[0]), name -> new ArrayList<>())
                .add(sides.length > 1 ? unescape(sides[1]) : "");
        }
        return values;
    }

    static List<Part> multipart(String contentType, byte[] body) {
        Matcher matcher = BOUNDARY.matcher(contentType);
        if (!matcher.find()) {
            throw new IllegalArgumentException("the multipart form has no boundary");
        }
        // ISO-8859-1 maps every byte to one character, so positions and contents survive.
        String text = new String(body, StandardCharsets.ISO_8859_1);
        String[] sections = text.split(Pattern.quote("--" + matcher.group(1)), -1);
        List<Part> parts = new ArrayList<>();
        for (int i = 1; i < sections.length - 1; i++) {
            parts.add(part(sections[i]));
        }
        return parts;
    }

    /** A section is CRLF, headers, an empty line, the content, CRLF. */
    private static Part part(String section) {
        int end = section.indexOf("\r\n\r\n");
        if (end < 0 || section.length() < end + 6) {
            throw new IllegalArgumentException("the multipart form is cut off");
        }
        String headers = new String(section.substring(0, end).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        byte[] content = section.substring(end + 4, section.length() - 2).getBytes(StandardCharsets.ISO_8859_1);
        Matcher name = NAME.matcher(headers);
        if (!name.find()) {
            throw new IllegalArgumentException("a part of the multipart form has no name");
        }
        Matcher fileName = FILE_NAME.matcher(headers);
        return new Part(name.group(1), fileName.find() ? fileName.group(1) : null, content);
    }

    private static String unescape(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
