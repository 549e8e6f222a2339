import type { ValidateFunction } from 'ajv'

/** The validator that build/validators.js generates from a schema. */
export const validate: ValidateFunction
