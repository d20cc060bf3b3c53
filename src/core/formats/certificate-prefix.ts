/**
 * Context identifier of a health certificate and its version (EU eHealth Network: `HC1:`). Before a long text also with
 * another sign for the colon, which is what a foreign keyboard layout makes of it.
 */
export const CERTIFICATE_PREFIX = /^HC(\d)(?::|[^A-Za-z0-9|\s](?=.{100}))/i;
