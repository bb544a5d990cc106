import { defineFaults, type Fault } from '@portcullis/kernel/fault'
import { environmentName } from '../setting/setting.ts'
import type { SettingName, Settings } from '../setting/settings.ts'

export const startFaults = defineFaults('start', {
  'port-taken': {
    status: 500,
    title: 'Another process has the port',
    remedy: 'End that process, or choose another port.',
  },
  'port-forbidden': {
    status: 500,
    title: 'This user may not listen on the port',
    remedy:
      'Choose a port above 1023 and let what stands in front lead to it, or give the right to this process.',
  },
  'address-unknown': {
    status: 500,
    title: 'This machine does not have the address to listen on',
    remedy: `Give one that it has with ${environmentName('host')}: 127.0.0.1 for itself alone, 0.0.0.0 for all.`,
  },
  'disk-full': {
    status: 500,
    title: 'The disk is full',
    remedy: 'Make room, then start again: what was committed is there.',
  },
  'not-allowed': {
    status: 500,
    title: 'This user may not use a file',
    remedy: 'Give the file or folder to the user that runs Portcullis, or choose another one.',
  },
})

/** Every setting that names a port on which this process listens. */
const ports: readonly SettingName[] = [
  'gatewayPort',
  'gatewayPlainPort',
  'controlPlanePort',
  'authserverPort',
  'authserverMutualTlsPort',
  'operationsPort',
  'sampleBackendPort',
]

interface SystemError extends Error {
  readonly code: string
  readonly syscall?: string
  readonly address?: string
  readonly port?: number
  readonly path?: string
  readonly hostname?: string
}

/** What the operating system refused, in words that name the setting; undefined for everything else. */
export function startFaultOf(thrown: unknown, settings: Settings): Fault | undefined {
  if (!isSystemError(thrown)) return undefined
  const { code, syscall, path, hostname } = thrown
  if (syscall === 'listen') return listenFault(thrown, settings)
  if (syscall === 'getaddrinfo') {
    return startFaults['address-unknown']({ detail: `${hostname} has no address here.`, cause: thrown })
  }
  const options = { detail: `${path ?? settings.home}: ${thrown.message}.`, cause: thrown }
  if (code === 'ENOSPC' || code === 'EDQUOT') return startFaults['disk-full'](options)
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code))
    return startFaults['not-allowed'](options)
  return undefined
}

function listenFault(error: SystemError, settings: Settings): Fault | undefined {
  const { code, address = '', port = 0 } = error
  const names = ports.filter((name) => settings[name] === port)
  const where = `${address}:${port}${names.length === 0 ? '' : ` (${names.join(' and ')})`}`
  const choose = names.map((name) => `${environmentName(name)}=…`).join(' or ')
  if (code === 'EADDRINUSE') {
    const remedy = `End that process, or choose another port${choose === '' ? '' : ` with ${choose}`}.`
    return startFaults['port-taken']({
      detail: names.length > 1 ? `${where}: both want the same port.` : `${where} is taken.`,
      remedy,
      cause: error,
    })
  }
  if (code === 'EACCES')
    return startFaults['port-forbidden']({ detail: `${where} is not allowed.`, cause: error })
  if (code === 'EADDRNOTAVAIL' || code === 'EINVAL')
    return startFaults['address-unknown']({ detail: `${where} is no address of this machine.`, cause: error })
  return undefined
}

function isSystemError(thrown: unknown): thrown is SystemError {
  return thrown instanceof Error && typeof (thrown as Partial<SystemError>).code === 'string'
}
