import { authserverSettings } from './authserver-settings.ts'
import { limitSettings } from './limit-settings.ts'
import * as parse from './parse.ts'
import { type Setting, setting } from './setting.ts'

/** Every setting there is, in the order of the reference page. */
export const settings = {
  home: setting({
    meaning:
      'Folder of all state: the store, decision records, keys, credentials. Nothing is written elsewhere.',
    default: '.portcullis',
    parse: parse.text,
  }),
  roles: setting({
    meaning: 'What this process runs. `gateway` alone needs `gatewayClientSecret` and `revisionKeyFile`.',
    default: 'authserver,control-plane,gateway',
    parse: parse.someOf('authserver', 'control-plane', 'gateway'),
  }),
  host: setting({
    meaning: 'Address to listen on.',
    default: '127.0.0.1',
    danger:
      'Beyond loopback, passwords, secrets and tokens travel unencrypted unless something in front speaks TLS.',
    parse: parse.text,
  }),
  gatewayPort: setting({ meaning: 'Port of the gateway.', default: '8080', parse: parse.port }),
  gatewayGroup: setting({
    meaning:
      'The gateway group (`kind: GatewayGroup`) to which the gateway of this process belongs: whose policies come first, and which APIs it serves.',
    default: 'default',
    parse: parse.resourceName,
  }),
  gatewayThreads: setting({
    meaning:
      'Threads of the gateway that take calls, each with some 20 MB of its own. `auto`: one for every core, up to 8, on Linux, and 1 elsewhere. With 1 calls are taken in the main thread, beside the other roles.',
    default: 'auto',
    danger: 'More than 1 needs a system on which threads can share a port: Linux, FreeBSD, Solaris, AIX.',
    parse: parse.threadCount,
  }),
  gatewayCertificates: setting({
    meaning:
      'Folder with the certificates of the gateway: pairs NAME.crt (PEM, the chain after the certificate) and NAME.key (PEM), each for the DNS names that its certificate has. With it the gateway speaks TLS and nothing else. `default` is shown to clients that ask for no name. Changes are taken up within seconds.',
    default: undefined,
    danger: 'Without it calls, with their tokens, travel unencrypted unless something in front speaks TLS.',
    parse: parse.text,
  }),
  gatewayTlsMinimum: setting({
    meaning: 'The oldest version of TLS that the gateway speaks.',
    default: '1.2',
    parse: parse.oneOf('1.2', '1.3'),
  }),
  gatewayTlsGroups: setting({
    meaning:
      'Groups for the key exchange, the preferred first, parted by commas. `auto`: those of OpenSSL, of which the first is X25519MLKEM768, a hybrid that holds also against who records today and has a quantum computer one day.',
    default: 'auto',
    parse: parse.tlsGroups,
  }),
  gatewayClientCertificates: setting({
    meaning:
      'Whether the gateway asks callers for a certificate: `requested` takes those without one too, `required` takes nobody without a verified one. Needs `gatewayCertificates` and `gatewayClientAuthorities`.',
    default: 'none',
    parse: parse.oneOf('none', 'requested', 'required'),
  }),
  gatewayClientAuthorities: setting({
    meaning:
      'File with the authorities that certificates of callers come from: PEM, one after the other. Changes are taken up within seconds.',
    default: undefined,
    danger: 'Whoever gets a certificate from one of them is a verified caller: name authorities of your own.',
    parse: parse.text,
  }),
  gatewayClientRevocations: setting({
    meaning:
      'File with lists of certificates that those authorities have revoked (CRL): PEM, one list for each of them. Changes are taken up within seconds.',
    default: undefined,
    danger: 'An authority without a list, or with one that is out of date, verifies nobody.',
    parse: parse.text,
  }),
  gatewayPlainPort: setting({
    meaning:
      'A second port of a gateway that speaks TLS, for callers who come without: none of them is served there.',
    default: undefined,
    parse: parse.port,
  }),
  gatewayPlainAnswer: setting({
    meaning:
      'What they are answered at `gatewayPlainPort`: `redirect` sends them to https (308) unless the call holds credentials; `refuse` sends nobody on.',
    default: 'redirect',
    danger:
      'A client that follows redirects sends its first call unencrypted every time. `refuse` is for APIs whose clients are programs.',
    parse: parse.oneOf('redirect', 'refuse'),
  }),
  gatewayStrictTransportSecurity: setting({
    meaning:
      'The value of `Strict-Transport-Security` (RFC 6797) in replies over https, such as `max-age=31536000; includeSubDomains`.',
    default: undefined,
    danger:
      'Browsers hold to it for as long as it says, also when TLS is gone again: begin with a small max-age.',
    parse: parse.strictTransportSecurity,
  }),
  gatewayHungAfter: setting({
    meaning:
      'A thread of the gateway that gives no sign of life for so long is ended and replaced; its connections are lost.',
    default: '10s',
    parse: parse.duration,
  }),
  gatewayHttp2: setting({
    meaning:
      'Whether the gateway speaks HTTP/2 beside HTTP/1.1: `off`; `tls`, where clients ask for it in the handshake of TLS; `cleartext`, also without TLS to clients that begin with it, as gRPC within a cluster does.',
    default: 'tls',
    parse: parse.oneOf('off', 'tls', 'cleartext'),
  }),
  trustedProxies: setting({
    meaning:
      'Addresses and ranges (CIDR), parted by commas, of the load balancers before the gateway. From them, and nobody else, it believes who the caller is, by `trustedProxyFields`.',
    default: undefined,
    danger: 'Whoever can call from such an address can pass for any other.',
    parse: parse.ranges,
  }),
  trustedProxyFields: setting({
    meaning:
      'The fields by which those tell of callers: `forwarded` (RFC 7239) alone, or some of `x-forwarded-for`, `x-forwarded-proto`, `x-forwarded-host`; and `client-cert` (RFC 9440) for the certificates that they verified.',
    default: 'x-forwarded-for,x-forwarded-proto',
    danger:
      'Name only fields that they write on every call. Most pass the others on as the caller made them up; `x-forwarded-host` decides which environment answers, `client-cert` who has shown which certificate.',
    parse: parse.proxyFields,
  }),
  proxyProtocol: setting({
    meaning:
      'Whether every connection to the gateway begins with a header of the PROXY protocol (version 1 or 2) that says who opened it. Taken from `trustedProxies` alone, which must be set.',
    default: 'false',
    danger:
      'Connections without that header, or from others, are closed; so are those for a look at the health.',
    parse: parse.yesOrNo,
  }),
  ...limitSettings,
  controlPlanePort: setting({
    meaning: 'Port of the control plane with the management API.',
    default: '8081',
    parse: parse.port,
  }),
  controlPlaneUrl: setting({
    meaning:
      'Where others reach the control plane; part of the audience of its tokens. By default localhost and its port.',
    default: undefined,
    parse: parse.origin,
  }),
  ...authserverSettings,
  operationsHost: setting({
    meaning: 'Address at which metrics and health are told.',
    default: '127.0.0.1',
    danger:
      'Whoever can reach it learns what runs, what is called and what fails; it asks for no credentials.',
    parse: parse.text,
  }),
  operationsPort: setting({
    meaning:
      'Port of `/metrics` (Prometheus, OpenMetrics), `/health/live` and `/health/ready`; `none` for no such port.',
    default: '8083',
    parse: parse.portOrNone,
  }),
  signingKeyLife: setting({
    meaning:
      'How long a key signs tokens before the next one does. A demand of `portcullis keys rotate` comes before.',
    default: '30d',
    parse: parse.duration,
  }),
  appsMayNamePrivateAddresses: setting({
    meaning:
      'Whether the authorization server asks addresses of private networks that apps name: for their keys (`jwksUri`), where they are told of sign-outs (`signOutUri`), and where they describe themselves (`clientDocuments`).',
    default: 'false',
    danger:
      'Whoever may declare an app can then make the authorization server send requests into your network.',
    parse: parse.yesOrNo,
  }),
  breachedPasswordsUrl: setting({
    meaning:
      'Service that knows lost passwords, asked for new ones besides the list that is installed: of the Pwned Passwords kind (`https://api.pwnedpasswords.com/range`), which is told 20 bits of a hash and no more.',
    default: undefined,
    danger: 'While it does not answer, nobody can choose a password.',
    parse: parse.webAddress,
  }),
  mailUrl: setting({
    meaning:
      'Server that takes mail: `smtps://user:password@host:465` (TLS from the beginning), or `smtp://user:password@host:587` (STARTTLS, demanded of every server but one on this machine). Without it nothing is sent, and what needs mail is not offered.',
    default: undefined,
    danger: 'Whoever runs it can read what is sent: links by which a password is set anew, and codes.',
    secret: true,
    parse: parse.mailUrl,
  }),
  mailFrom: setting({
    meaning: 'The address that mail comes from. Needed with `mailUrl`.',
    default: undefined,
    parse: parse.mailAddress,
  }),
  mailAuthorities: setting({
    meaning:
      'File with the authorities (PEM) by whose certificates that server is known; those of the system when absent.',
    default: undefined,
    parse: parse.text,
  }),
  mailTimeout: setting({
    meaning: 'How long it may take to hand one mail over.',
    default: '10s',
    parse: parse.duration,
  }),
  sample: setting({
    meaning: 'Whether a start on an empty store applies the sample organization and runs its backend.',
    default: 'true',
    danger: 'The sample serves any host name; leave it out of an installation that others reach.',
    parse: parse.yesOrNo,
  }),
  sampleBackendPort: setting({
    meaning: 'Port of the sample’s backend.',
    default: '8090',
    parse: parse.port,
  }),
  logLevel: setting({
    meaning: 'The least important log lines that are written.',
    default: 'info',
    parse: parse.oneOf('debug', 'info', 'warn', 'error'),
  }),
  decisionsKeptFor: setting({
    meaning: 'How long decision records are kept.',
    default: '7d',
    parse: parse.duration,
  }),
  countersCapacity: setting({
    meaning:
      'How many counters (distinct keys of rate limits) fit into memory; 24 bytes each. A full table refuses.',
    default: '262144',
    parse: parse.count,
  }),
  countersUrl: setting({
    meaning:
      'Valkey or Redis (from 7) that counts for all gateways together: `redis://` or, over TLS, `rediss://`, with `user:password@`, host, port and `/` the number of a database. Without it every gateway counts by itself, in memory. With `masterKey` gateways also share there, sealed, the tokens that they fetch for backends.',
    default: undefined,
    danger: 'Whoever can write there decides who is limited. Without TLS the password travels unencrypted.',
    secret: true,
    parse: parse.countersUrl,
  }),
  countersTimeout: setting({
    meaning: 'How long shared counters may take to answer before they count as away.',
    default: '250ms',
    parse: parse.duration,
  }),
  storeUrl: setting({
    meaning:
      'PostgreSQL database (`postgres://…`) that keeps the store and the decision records instead of files in `home`, so that several machines share them: see docs/how-to/run-on-several-machines.md. Another machine is asked by TLS; `sslrootcert` names the file of an authority of your own. Needs `masterKey`.',
    default: undefined,
    danger: 'Whoever can write there decides everything.',
    secret: true,
    parse: parse.secret,
  }),
  storeSchema: setting({
    meaning: 'Schema of that database in which the tables are; made where it is missing.',
    default: 'portcullis',
    parse: parse.text,
  }),
  masterKey: setting({
    meaning:
      'Key under which stored secrets are sealed: 32 bytes in base64 or hex. Without it one is made in `home`.',
    default: undefined,
    danger: 'Who loses it loses every signing key; who shares it shares them.',
    secret: true,
    parse: parse.secret,
  }),
  signerUrl: setting({
    meaning:
      'Engine that makes the keys of tokens and signs with them, so that no private key is here: the address of a transit secrets engine of Vault or OpenBao, such as `https://vault.example.com/v1/transit`. Keys that are there already sign until it is their turn to be replaced: see docs/how-to/change-signing-keys.md.',
    default: undefined,
    danger: 'While it is away no token is issued.',
    parse: parse.webAddress,
  }),
  signerToken: setting({
    meaning: 'What is shown there as `X-Vault-Token`.',
    default: undefined,
    secret: true,
    parse: parse.secret,
  }),
  signerTimeout: setting({
    meaning: 'How long it may take to answer.',
    default: '2s',
    parse: parse.duration,
  }),
  secretsFolder: setting({
    meaning:
      'Folder with the secrets that policies and backends name, one file each; `PORTCULLIS_SECRET_<NAME>` wins over the file. Read when a revision is loaded.',
    default: undefined,
    danger: 'Whoever can read it can speak for the gateway.',
    parse: parse.text,
  }),
  tokenRulesFolder: setting({
    meaning:
      'Folder with token rules in TypeScript, one file each, that `TokenRules` name as `custom`. They run in a process of their own; read at the start.',
    default: undefined,
    danger: 'Whoever can write it decides who gets tokens.',
    parse: parse.text,
  }),
  countriesFile: setting({
    meaning:
      'Database of addresses and their countries (mmdb) for the policy `country`; the one that is installed with Portcullis when absent.',
    default: undefined,
    parse: parse.text,
  }),
  riskUrl: setting({
    meaning:
      'Who is asked how risky calls, tokens and sign-ins are: an address to which what is known of them is posted as JSON, and which answers `{"risk": 0}` to `{"risk": 100}`.',
    default: undefined,
    danger: 'It learns who calls what, when and from where.',
    parse: parse.webAddress,
  }),
  riskToken: setting({
    meaning: 'What is shown there as a bearer token.',
    default: undefined,
    secret: true,
    parse: parse.secret,
  }),
  riskTimeout: setting({
    meaning: 'How long the answer may take.',
    default: '1s',
    parse: parse.duration,
  }),
  clientId: setting({
    meaning: 'App of the organization `system` by which the command line calls the management API.',
    default: 'command-line',
    parse: parse.text,
  }),
  clientSecret: setting({
    meaning:
      'Its secret. By default the one that the server left in `home`, which works on the same machine.',
    default: undefined,
    secret: true,
    parse: parse.secret,
  }),
  gatewayClientSecret: setting({
    meaning:
      'Secret of the app `gateway` of the organization `system`, for a gateway in a process of its own.',
    default: undefined,
    secret: true,
    parse: parse.secret,
  }),
  revisionKeyFile: setting({
    meaning: 'File with the public key (JWK) of the control plane, for a gateway in a process of its own.',
    default: undefined,
    danger: 'Whoever can write this file decides what the gateway enforces.',
    parse: parse.text,
  }),
}

export type SettingName = keyof typeof settings
export const settingNames = Object.keys(settings) as SettingName[]

type ValueOf<S> = S extends Setting<infer T> ? T : never
/** Values of all settings; `undefined` where a setting has neither a value nor a default. */
export type Settings = {
  readonly [N in SettingName]: ValueOf<(typeof settings)[N]> | (N extends DefaultlessName ? undefined : never)
}
type DefaultlessName =
  | 'trustedProxies'
  | 'gatewayCertificates'
  | 'gatewayClientAuthorities'
  | 'gatewayPlainPort'
  | 'gatewayStrictTransportSecurity'
  | 'gatewayClientRevocations'
  | 'controlPlaneUrl'
  | 'authserverUrl'
  | 'authserverCertificates'
  | 'authserverMutualTlsPort'
  | 'authserverMutualTlsUrl'
  | 'authserverClientAuthorities'
  | 'authserverClientRevocations'
  | 'authserverCertificateProxies'
  | 'countersUrl'
  | 'mailUrl'
  | 'breachedPasswordsUrl'
  | 'mailFrom'
  | 'mailAuthorities'
  | 'masterKey'
  | 'signerUrl'
  | 'signerToken'
  | 'storeUrl'
  | 'clientSecret'
  | 'riskUrl'
  | 'riskToken'
  | 'gatewayClientSecret'
  | 'revisionKeyFile'
