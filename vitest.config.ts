import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { noteUnhandled } from './tools/src/unhandled.ts'

export default defineConfig({
  test: {
    include: ['{packages,apps,bench,tools,examples}/**/*.test.ts', 'e2e/stories/**/*.story.ts'],
    // Tests wait more than they work: on two cores one worker, which is vitest's own choice, leaves one idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Told in the run as well; where all runs are judged they count.
    onUnhandledError: (error) => noteUnhandled(error),
    // These three end what hangs, and say nothing of how fast a machine has to be.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000, interval: 20 } },
  },
})
