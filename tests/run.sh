echo tests "$@"
