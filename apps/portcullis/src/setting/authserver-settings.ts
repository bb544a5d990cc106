import * as parse from './parse.ts'
import { setting } from './setting.ts'

/** How apps and people reach the authorization server. */
export const authserverSettings = {
  authserverPort: setting({
    meaning: 'Port of the authorization server.',
    default: '8082',
    parse: parse.port,
  }),
  authserverUrl: setting({
    meaning:
      'Where others reach the authorization server; the beginning of every issuer. By default localhost and its port.',
    default: undefined,
    danger: 'Another value is another issuer: tokens issued before are refused from then on.',
    parse: parse.origin,
  }),
  authserverCertificates: setting({
    meaning:
      'Folder with the certificates of the authorization server, as `gatewayCertificates` has those of the gateway. With it the authorization server speaks TLS and nothing else.',
    default: undefined,
    danger:
      'Gateways fetch keys from it: its authority must be one that they trust (`NODE_EXTRA_CA_CERTS` names others).',
    parse: parse.text,
  }),
  authserverMutualTlsPort: setting({
    meaning:
      'A second port of the authorization server, which asks apps for certificates (RFC 8705) and serves no pages. Needs `authserverCertificates`.',
    default: undefined,
    parse: parse.port,
  }),
  authserverMutualTlsUrl: setting({
    meaning:
      'Where apps reach that port, for the metadata (`mtls_endpoint_aliases`). By default localhost and the port.',
    default: undefined,
    parse: parse.origin,
  }),
  authserverClientAuthorities: setting({
    meaning:
      'File with the authorities that certificates of apps come from (`tls_client_auth`): PEM, one after the other. Changes are taken up within seconds.',
    default: undefined,
    danger: 'Whoever gets a certificate with the name of an app from one of them is that app.',
    parse: parse.text,
  }),
  authserverClientRevocations: setting({
    meaning:
      'File with lists of certificates that those authorities have revoked (CRL): PEM, one list for each of them. Changes are taken up within seconds.',
    default: undefined,
    danger: 'An authority without a list, or with one that is out of date, verifies nobody.',
    parse: parse.text,
  }),
  authserverCertificateProxies: setting({
    meaning:
      'Addresses and ranges (CIDR), parted by commas, of proxies that end TLS before the authorization server and hand on certificates of apps in `Client-Cert` (RFC 9440). From them, and nobody else, the field is believed; issuers are held to `authserverClientAuthorities`.',
    default: undefined,
    danger:
      'Whoever can call from such an address can pass for any app with a certificate. The proxy must take away the field that callers send, and look at revocations itself.',
    parse: parse.ranges,
  }),
}
