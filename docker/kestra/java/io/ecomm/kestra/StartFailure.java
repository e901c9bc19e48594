package io.ecomm.kestra;

/** The launcher cannot start; the message says in a sentence why and what to do. */
final class StartFailure extends RuntimeException {
    StartFailure(String message) {
        super(message);
    }
}
