# SPDX-License-Identifier: Apache-2.0
# The models of the protocols, which Spin checks exhaustively. docs/internals/MODEL.md describes them.

check-model:
	tests/model/check-model $(BUILD)/model

check-rest: check-model

.PHONY: check-model
