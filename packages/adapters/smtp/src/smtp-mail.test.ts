import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { inspect } from 'node:util'
import { Secret } from '@portcullis/kernel/secret'
import { openOpensslAuthority } from '@portcullis/policy-kit/fixture/openssl-authority'
import { mailContract } from '@portcullis/ports/mail/contract'
import { mailFaults } from '@portcullis/ports/mail/port'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { startMailCatcher } from './fixture/mail-catcher.ts'
import { readMailServer } from './mail-server.ts'
import { openSmtpMail, type SmtpOptions } from './smtp-mail.ts'

const FROM = 'no-reply@hmart.example'
const MESSAGE = { to: 'ada@hmart.example', subject: 'Hello', text: 'There.\n', key: 'hello/ada' }

function openMail(url: string, changes: Partial<SmtpOptions> = {}) {
  return openSmtpMail({ url: new Secret(url), from: FROM, timeoutMillis: 5_000, ...changes })
}

mailContract('SMTP', async () => {
  const catcher = await startMailCatcher()
  return {
    mail: openMail(catcher.url),
    arrived: () => catcher.mails.map(({ to, subject, text }) => ({ to, subject, text })),
    takeAway: () => catcher.stop(),
    close: () => catcher.stop(),
  }
})

describe('mail by SMTP', () => {
  it('says who sends, that no person wrote it, and by its id that it is the same as before', async () => {
    await using catcher = await startMailCatcher()
    await openMail(catcher.url).send(MESSAGE)
    await openMail(catcher.url).send(MESSAGE)
    const [one, two] = catcher.mails
    expect(one?.headers.get('from')).toBe(FROM)
    expect(one?.headers.get('auto-submitted')).toBe('auto-generated')
    expect(one?.headers.get('message-id')).toMatch(/^<[0-9a-f]{64}@hmart\.example>$/)
    expect(two?.headers.get('message-id')).toBe(one?.headers.get('message-id'))
  })

  it('takes a recipient who is refused for now for an outage', async () => {
    await using catcher = await startMailCatcher()
    const sent = openMail(catcher.url).send({ ...MESSAGE, to: 'later@hmart.example' })
    await expect(sent).rejects.toSatisfy(mailFaults.unavailable.is)
  })

  it('gives up a server that says nothing, or goes on for too long', async () => {
    for (const greeting of ['', '220-one\r\n']) {
      const server = createServer((socket) => {
        const timer = setInterval(() => socket.write(greeting), 10)
        socket.on('error', () => undefined).on('close', () => clearInterval(timer))
      })
      onTestFinished(() => void server.close())
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const sent = openMail(`smtp://127.0.0.1:${port}`, { timeoutMillis: 60 }).send(MESSAGE)
      await expect(sent).rejects.toSatisfy(mailFaults.unavailable.is)
    }
  })
})

describe('a mail server beyond this machine', () => {
  const authority = openOpensslAuthority()
  const { certificate: cert, key } = authority.issueServer('mail.hmart.example')
  afterAll(() => authority[Symbol.dispose]())
  const heard: string[] = []

  /** Reached under its own name, as if it were elsewhere. */
  async function startServer(options: Parameters<typeof startMailCatcher>[0]) {
    const catcher = await startMailCatcher({
      key,
      cert,
      authOptional: false,
      onAuth({ username, password }, _session, done) {
        heard.push(`${username} ${password}`)
        if (password === 'p@ss:word') done(null, { user: username })
        else done(new Error('wrong'))
      },
      ...options,
    })
    onTestFinished(() => catcher.stop())
    return catcher
  }
  const server = { authorities: authority.certificate, servername: 'mail.hmart.example' }

  it.each(['smtps', 'smtp'] as const)(
    'is believed by its certificate, and told the password: %s',
    async (scheme) => {
      const catcher = await startServer({ secure: scheme === 'smtps' })
      const mail = openMail(`${scheme}://portcullis:p%40ss%3Aword@127.0.0.1:${catcher.port}`, server)
      await mail.send(MESSAGE)
      expect(catcher.mails).toHaveLength(1)
    },
  )

  it('that shows a certificate of another, or none, is told nothing', async () => {
    const tls = await startServer({ secure: true })
    const plain = await startMailCatcher({ authMethods: ['PLAIN'], allowInsecureAuth: true })
    onTestFinished(() => plain.stop())
    heard.length = 0
    const url = (scheme: string, port: number) => `${scheme}://portcullis:p%40ss%3Aword@127.0.0.1:${port}`
    for (const mail of [
      openMail(url('smtps', tls.port), { servername: 'mail.hmart.example' }),
      openMail(url('smtps', tls.port), { ...server, servername: 'mail.other.example' }),
      openMail(url('smtp', plain.port), server),
    ]) {
      await expect(mail.send(MESSAGE)).rejects.toSatisfy(mailFaults.unavailable.is)
    }
    expect([...tls.mails, ...plain.mails, ...heard]).toEqual([])
  })

  it('that does not take our password is an outage, which tells nothing of it', async () => {
    const catcher = await startServer({ secure: true })
    const mail = openMail(`smtps://portcullis:guessed-wrong@127.0.0.1:${catcher.port}`, server)
    const thrown = await mail.send(MESSAGE).catch((caught: unknown) => caught)
    expect(mailFaults.unavailable.is(thrown)).toBe(true)
    expect(inspect(thrown, { depth: 9 })).not.toContain('guessed-wrong')
  })
})

it.each([
  'http://mail.example',
  'smtp://',
  'smtp://user@mail.example',
  'smtp://:password@mail.example',
  'smtp://mail.example/path',
  'smtp://mail.example?tls=no',
  'smtp://%zz:x@mail.example',
  'mail.example',
])('no mail server is %s', (url) => {
  expect(readMailServer(url)).toBeUndefined()
})

it('demands TLS of all but this machine', () => {
  const tlsOf = (url: string) => {
    const { secure, requireTLS, ignoreTLS, port } = readMailServer(url)?.options ?? {}
    return { secure, requireTLS, ignoreTLS, port }
  }
  expect(tlsOf('smtp://mail.example')).toEqual({
    secure: false,
    requireTLS: true,
    ignoreTLS: false,
    port: 587,
  })
  expect(tlsOf('smtps://mail.example')).toEqual({
    secure: true,
    requireTLS: false,
    ignoreTLS: false,
    port: 465,
  })
  for (const host of ['localhost', '127.0.0.1', '[::1]'])
    expect(tlsOf(`smtp://${host}:25`)).toEqual({
      secure: false,
      requireTLS: false,
      ignoreTLS: true,
      port: 25,
    })
  expect(tlsOf('smtp://127.0.0.1.evil.example')).toMatchObject({ requireTLS: true })
})
