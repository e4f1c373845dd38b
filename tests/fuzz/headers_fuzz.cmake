gannet_fuzzer(headers DEPENDS protocol)
