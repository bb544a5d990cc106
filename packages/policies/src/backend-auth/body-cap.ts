import { z } from '@portcullis/kernel/schema'

/** The longest body that any method holds whole. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024

export const bodyCap = z.int().min(1).max(MAX_BODY_BYTES).default(1_048_576)
