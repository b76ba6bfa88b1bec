/** The modules that exist inside the Worker's tests only (`cloudflare:test`). */
/// <reference types="@cloudflare/vitest-plugin/types" />
