import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { describe, expect, it } from 'vitest'
import type { Forwarder, OutgoingRequest } from './forwarder.ts'
import { lateForwarder } from './late-forwarder.ts'

const reply = { status: 200, headers: new HeaderList(), body: undefined }
const request = {} as OutgoingRequest

function forwarder(): Forwarder & { closed: number } {
  return {
    closed: 0,
    forward: async () => reply,
    counts: () => ({ open: 1, connecting: 0, idle: 1, waiting: 0 }),
    async close() {
      this.closed++
    },
  }
}

describe('a forwarder that is opened with the first call for it', () => {
  it('is opened once, however many calls come meanwhile, and by none before', async () => {
    let opened = 0
    const late = lateForwarder(async () => {
      opened++
      return forwarder()
    })
    expect(late.counts().open).toBe(0)
    expect(opened).toBe(0)
    expect(await Promise.all([late.forward(request), late.forward(request)])).toEqual([reply, reply])
    await late.forward(request)
    expect(opened).toBe(1)
    expect(late.counts().open).toBe(1)
  })

  it('is opened by the next call when it could not be', async () => {
    let tries = 0
    const late = lateForwarder(async () => {
      if (++tries === 1) throw new Error('not now')
      return forwarder()
    })
    await expect(late.forward(request)).rejects.toThrow('not now')
    expect(await late.forward(request)).toBe(reply)
  })

  it('is closed when it is opened too late', async () => {
    const open = Promise.withResolvers<Forwarder>()
    const late = lateForwarder(() => open.promise)
    const calling = late.forward(request)
    await late.close()
    const opened = forwarder()
    open.resolve(opened)
    await calling
    expect(opened.closed).toBe(1)
  })
})
