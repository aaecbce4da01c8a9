// The declarations are all that there is: libFuzzer is linked in.
