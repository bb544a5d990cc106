import { name, z } from '@portcullis/kernel/schema'
import { wholeSeconds } from '../setting/duration-range.ts'

/** The settings that every policy has which lets callers in by name and password. */
export const passwordSettings = {
  app: name().describe('The app in whose name people call: its subscription and plan count.'),
  keepFor: wholeSeconds('0s', '1h')
    .default('1m')
    .describe('How long it counts that name and password are right. A change elsewhere is known after it.'),
  keepRefusalsFor: wholeSeconds('0s', '10m')
    .default('30s')
    .describe('How long it counts that they are wrong: a program that repeats itself locks nobody out.'),
  attemptsPerMinute: z
    .int()
    .min(1)
    .max(100_000)
    .default(20)
    .describe('How many wrong passwords may come from an address, and a quarter of that for one name.'),
}

export interface PasswordConfig {
  readonly app: string
  readonly keepFor: string
  readonly keepRefusalsFor: string
  readonly attemptsPerMinute: number
}
