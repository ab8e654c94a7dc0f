from s0_server import serve

if __name__ == "__main__":
    serve("streaming", default_port=8001)
