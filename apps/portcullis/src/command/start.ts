import { flushCompileCache } from 'node:module'
import { giveBackMemory } from '@portcullis/gateway/thread/give-back-memory'
import { tuneCollector } from '@portcullis/gateway/thread/tune-collector'
import { openLog } from '@portcullis/system/pino-log'
import { startFaultOf } from '../composition/start-fault.ts'
import { welcome } from '../composition/welcome.ts'
import { type Command, positional } from './command.ts'

export const start: Command = {
  name: 'start',
  summary: 'Start the roles of this process: by default all, on the embedded store',
  usage: '',
  options: {},
  examples: ['start'],
  guide: 'docs/how-to/run-a-gateway-apart.md',
  async run(call) {
    positional(call)
    const { settings } = call
    tuneCollector()
    // The servers are loaded only here: every other command answers without them.
    const { startPortcullis } = await import('../composition/start-portcullis.ts')
    const running = await startPortcullis(settings, openLog({ level: settings.logLevel })).catch(
      (thrown: unknown) => {
        throw startFaultOf(thrown, settings) ?? thrown
      },
    )
    giveBackMemory()
    flushCompileCache()
    for (const line of welcome(running.addresses, settings.roles, running.sample)) call.print(line)
    await untilAskedToEnd()
    await running.close()
    return 0
  },
}

function untilAskedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
