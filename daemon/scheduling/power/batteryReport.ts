/**
 * A process of its own that asks systeminformation for the battery and prints the answer as JSON. It starts
 * PowerShell and lets an error on its pipe end the process that asked: that must not be the daemon.
 */
import { battery } from 'systeminformation';

battery().then((report) => console.log(JSON.stringify(report)));
