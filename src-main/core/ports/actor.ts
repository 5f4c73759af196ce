/** Who is calling. Every call through the API and the gateway knows it, so that access rules and accounting have one place. */
export type Actor =
  /** The owner: the admin token, a browser session, or the desktop window. */
  | { readonly kind: 'owner'; readonly via: 'token' | 'session' | 'window' }
  | {
      readonly kind: 'key';
      readonly keyId: number;
      readonly scopes: readonly string[];
      readonly userId: number | null;
      readonly orgId: number | null;
    };
