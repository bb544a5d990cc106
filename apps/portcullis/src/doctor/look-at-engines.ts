import { connect } from 'node:net'
import { Secret } from '@portcullis/kernel/secret'
import { environmentName } from '../setting/setting.ts'
import type { SettingName, Settings } from '../setting/settings.ts'
import { type Symptom, well, wrong } from './symptom.ts'

const TIMEOUT_MILLIS = 3000

/** What stands behind the servers, and the port where its address names none. */
const engines: readonly { readonly name: SettingName; readonly who: string; readonly needs: string }[] = [
  { name: 'storeUrl', who: 'The database', needs: 'tokens are neither issued nor revoked while it is away' },
  {
    name: 'countersUrl',
    who: 'The engine of the counters',
    needs: 'limits refuse, unless they say `whenAway`',
  },
  { name: 'signerUrl', who: 'The signer', needs: 'no token is issued while it is away' },
  { name: 'mailUrl', who: 'The mail server', needs: 'nobody is written to while it is away' },
  { name: 'riskUrl', who: 'The risk engine', needs: 'what asks for a risk is refused while it is away' },
]

const PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'postgres:': 5432,
  'postgresql:': 5432,
  'redis:': 6379,
  'rediss:': 6379,
  'smtp:': 587,
  'smtps:': 465,
}

/** Every engine that the settings name: whether it takes connections from this machine. */
export async function lookAtEngines(settings: Settings): Promise<Symptom[]> {
  const looks = engines.flatMap(({ name, who, needs }) => {
    const given = settings[name]
    const url = URL.parse(given instanceof Secret ? given.reveal() : String(given))
    const port = Number(url?.port) || PORTS[url?.protocol ?? '']
    return url === null || port === undefined ? [] : [lookAt(who, needs, name, hostOf(url), port)]
  })
  return Promise.all(looks)
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1')

async function lookAt(
  who: string,
  needs: string,
  name: SettingName,
  host: string,
  port: number,
): Promise<Symptom> {
  const failed = await failureOf(host, port)
  if (failed === undefined) return well(`${who} takes connections at ${host}:${port}.`)
  return wrong(
    `${who} takes no connections at ${host}:${port}: ${failed}.`,
    `Bring it back, or mend ${environmentName(name)}: ${needs}.`,
  )
}

function failureOf(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MILLIS })
    const end = (failed?: string): void => {
      socket.destroy()
      resolve(failed)
    }
    socket
      .once('connect', () => end())
      .once('timeout', () => end('no answer'))
      .once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })
}
