package io.ecomm.kestra;

/** The open-source server knows one tenant. */
final class Tenant {
    static final String MAIN = "main";

    private Tenant() {}
}
