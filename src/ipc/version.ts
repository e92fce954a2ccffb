/**
 * Version of the contract between the window and the processes behind it. Raised whenever a message
 * changes its shape or meaning; both sides refuse to talk to another version.
 */
export const IPC_VERSION = 1;
