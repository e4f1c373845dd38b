gannet_fuzzer(parser DEPENDS protocol)
