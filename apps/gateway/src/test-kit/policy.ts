import { X509Certificate } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { Attachment } from '@portcullis/model/attachment'
import { standing } from '@portcullis/policies/standing/policy'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { anyPolicy, type Catalog, type Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, respond, type Verdict } from '@portcullis/policy-kit/verdict'

/** Small real policies, by which tests of the gateway see what it makes of policies. */

const faults = defineFaults('gate', {
  shut: { status: 403, title: 'The gate is shut', remedy: 'Come back another time.' },
})

const answers = [
  'pass',
  'pass-later',
  'refuse',
  'refuse-later',
  'throw',
  'reject',
  'respond',
  'delay',
  'nothing',
] as const
const gateConfig = z.strictObject({ answer: z.enum(answers) })

/** Says what its config tells it to say. */
const gate = {
  contract: {
    id: 'gate',
    summary: 'Says what it is told to say',
    phase: 'connection',
    stacking: 'every',
    config: gateConfig,
    faults,
    body: { need: 'none' },
    mayFailOpen: true,
  },
  needs: [],
  bind: ({ answer }) => ({ onRequest: () => answerOf(answer) }),
} satisfies Policy<z.infer<typeof gateConfig>>

function answerOf(answer: (typeof answers)[number]): Verdict | Promise<Verdict> {
  const shut = refuse(faults.shut(), { challenges: ['Bearer realm="gate"'], headers: ['Retry-After', '7'] })
  switch (answer) {
    case 'pass':
      return proceed({ gate: 'open' })
    case 'pass-later':
      return sleep(5).then(() => proceed())
    case 'refuse':
      return shut
    case 'refuse-later':
      return sleep(5).then(() => shut)
    case 'throw':
      throw new Error('the secret reason')
    case 'reject':
      return Promise.reject(new Error('the secret reason'))
    case 'respond':
      return respond({ status: 200, headers: HeaderList.of({ 'X-From': 'gate' }), body: Buffer.from('gate') })
    case 'delay':
      return { verdict: 'delay', millis: 40 }
    case 'nothing':
      return undefined as unknown as Verdict
  }
}

const stampConfig = z.strictObject({ text: z.string() })

/** Marks what goes to the backend and every reply. */
const stamp: Policy<z.infer<typeof stampConfig>> = {
  contract: { ...gate.contract, id: 'stamp', phase: 'transform', config: stampConfig, mayFailOpen: false },
  needs: [],
  bind: ({ text }) => ({
    onRequest: () => proceed(undefined, { setHeaders: ['Stamp', text], removeHeaders: ['x-private'] }),
    onReply: (_, reply) => reply.headers.set('Stamp', text),
  }),
}

const none = z.strictObject({})

/** Fails on the way back. */
const spoil: Policy<z.infer<typeof none>> = {
  contract: { ...gate.contract, id: 'spoil', phase: 'transform', config: none, mayFailOpen: false },
  needs: [],
  bind: () => ({
    onReply() {
      throw new Error('the secret reason')
    },
  }),
}

const pokeConfig = z.strictObject({ refuse: z.string() })

/** Reads whole bodies of up to 1,000 bytes and refuses those that hold a word. */
const poke: Policy<z.infer<typeof pokeConfig>> = {
  contract: {
    ...gate.contract,
    id: 'poke',
    phase: 'limit',
    config: pokeConfig,
    body: { need: 'whole', maxBytes: 1000 },
    mayFailOpen: true,
  },
  needs: [],
  bind: ({ refuse: word }) => ({
    onRequest: (x) =>
      Buffer.from(x.body ?? []).includes(word)
        ? refuse(faults.shut())
        : proceed({ bytes: x.body?.byteLength ?? -1 }),
  }),
}

/** Looks at the first four bytes of a body. */
const peek: Policy<z.infer<typeof none>> = {
  contract: {
    ...gate.contract,
    id: 'peek',
    phase: 'limit',
    config: none,
    body: { need: 'prefix', bytes: 4 },
    mayFailOpen: false,
  },
  needs: [],
  bind: () => ({ onRequest: (x) => proceed({ prefix: Buffer.from(x.body ?? []).toString() }) }),
}

/** Answers preflight requests of one origin. */
const browser: Policy<z.infer<typeof none>> = {
  contract: { ...gate.contract, id: 'browser', phase: 'cors', config: none, mayFailOpen: false },
  needs: [],
  bind: () => ({
    onRequest: (x) => (x.preflight ? respond({ status: 204, headers: new HeaderList() }) : proceed()),
    onReply: (_, reply) => reply.headers.set('Access-Control-Allow-Origin', 'https://shop.example'),
  }),
}

/** Answers with what is known of the caller's certificate. */
const certificate: Policy<z.infer<typeof none>> = {
  contract: { ...gate.contract, id: 'certificate', config: none, mayFailOpen: false },
  needs: [],
  bind: () => ({
    onRequest({ request: { tls } }) {
      const shown = tls?.clientCertificate
      const { subject } = shown === undefined ? { subject: 'none' } : new X509Certificate(shown.der)
      const text = `${subject} ${shown?.verified ?? ''}`.trim()
      return respond({ status: 200, headers: new HeaderList(), body: Buffer.from(text) })
    },
  }),
}

const standConfig = z.strictObject({
  client: z.string().default('app'),
  lifeMillis: z.number().default(60_000),
  terms: z.record(z.string(), z.union([z.number(), z.boolean()])).default({}),
})

/** Identifies the caller by a token that lives so long, and lets the connection change. */
const stand: Policy<z.infer<typeof standConfig>> = {
  contract: { ...gate.contract, id: 'stand', phase: 'authenticate', config: standConfig, mayFailOpen: false },
  needs: [],
  bind: ({ client, lifeMillis, terms }) => ({
    onRequest: (x) =>
      proceed(undefined, {
        webSocket: {
          maxFrameBytes: 1_000,
          maxMessageBytes: 2_000,
          framesPerSecond: 1_000,
          idleMillis: 60_000,
          maxLifeMillis: 60_000,
          pingMillis: 60_000,
          compression: false,
          ...terms,
        },
        identity: {
          schemes: [],
          issuer: 'https://issuer.example',
          client,
          subject: client,
          scopes: new Set(),
          expiresAt: x.receivedAt + lifeMillis,
          token: {
            issuer: 'https://issuer.example',
            id: 't1',
            client,
            subject: client,
            issuedAt: x.receivedAt,
          },
          claims: {},
        },
      }),
  }),
}

export const testCatalog: Catalog = [
  anyPolicy(stand),
  anyPolicy(gate),
  anyPolicy(certificate),
  anyPolicy(browser),
  anyPolicy(poke),
  anyPolicy(peek),
  anyPolicy(stamp),
  anyPolicy(spoil),
  anyPolicy(standing),
]

export function attach(
  policy: string,
  config: Attachment['config'] = {},
  more: Partial<Attachment> = {},
): Attachment {
  return { policy, mode: 'enforce', failOpen: false, config, ...more }
}
