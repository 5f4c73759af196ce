import { implement, ORPCError } from '@orpc/server';
import { contract } from '../../src-main/contract/index.ts';
import { AppError } from '../../src-main/contract/errors.ts';

/** The contract, ready to be given handlers; refusals travel as the program's own do. Part of a test double. */
export const os = implement(contract).use(async ({ next }) => {
  try {
    return await next();
  } catch (error) {
    if (error instanceof AppError)
      throw new ORPCError(error.code, { status: error.status, message: error.message, data: error.data });
    throw error;
  }
});
