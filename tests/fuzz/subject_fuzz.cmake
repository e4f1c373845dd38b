gannet_fuzzer(subject DEPENDS subject)
