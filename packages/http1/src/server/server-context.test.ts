import { afterEach, describe, expect, test, vi } from 'vitest'
import { ServerContext } from './server-context.ts'
import { serverLimits } from './server-limit.ts'

const observer = { onHandlerFailed: () => undefined, onResponseCut: () => undefined }

const open = (): ServerContext =>
  new ServerContext(serverLimits, { handle: () => undefined } as never, observer)

describe('the time of a server', () => {
  afterEach(() => void vi.restoreAllMocks())

  test('stands still while the process is held up, as nobody could be heard', () => {
    const context = open()
    const deadline = context.after(1_000)
    const hourLater = performance.now() + 3_600_000
    vi.spyOn(performance, 'now').mockReturnValue(hourLater)
    context.sweep()
    expect(context.now).toBeLessThan(deadline)
  })

  test('is over no sooner than after as many looks as it lasts, and one', () => {
    const context = open()
    const deadline = context.after(10 * context.tickMillis)
    for (let looks = 0; looks < 10; looks++) context.sweep()
    expect(context.now).toBeLessThan(deadline)
    context.sweep()
    expect(context.now).toBeGreaterThanOrEqual(deadline)
  })
})
